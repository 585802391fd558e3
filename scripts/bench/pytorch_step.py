"""The training step of models/algorithms/sasrec in PyTorch: same weights, same batches, same maths.

Reads a folder that sasrec-step.ts fills. Answers each line of stdin, {"dropout": p, "steps": n}, with a line of JSON:
the losses and milliseconds of the next n steps of the model with that dropout.
"""

import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

NORM_EPSILON = 1e-6
MASKED = -1e9
BETAS = (0.9, 0.98)
EPSILON = 1e-8
IGNORED = -100  # cross_entropy leaves out such targets.


def rms_norm(x, gain):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + NORM_EPSILON) * gain


class Block(nn.Module):
    def __init__(self, weights, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_gain = nn.Parameter(weights["attention_gain"])
        self.query_key_value = nn.Parameter(torch.cat([weights["query"], weights["key"], weights["value"]], 1))
        self.output = nn.Parameter(weights["output"])
        self.position_bias = nn.Parameter(weights["position_bias"])
        self.feed_gain = nn.Parameter(weights["feed_gain"])
        self.expand = nn.Parameter(weights["expand"])
        self.contract = nn.Parameter(weights["contract"])

    def forward(self, x, distances, attention_mask):
        rows, length, width = x.shape
        projected = rms_norm(x, self.attention_gain) @ self.query_key_value
        query, key, value = projected.view(rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width / self.heads)
        scores = scores + self.position_bias[distances].permute(2, 0, 1) + attention_mask
        mixed = (F.softmax(scores, -1) @ value).transpose(1, 2).reshape(rows, length, width)
        x = x + self.drop(mixed @ self.output)
        return x + self.drop(F.relu(rms_norm(x, self.feed_gain) @ self.expand) @ self.contract)

    def drop(self, x):
        return F.dropout(x, self.dropout)


class Sasrec(nn.Module):
    def __init__(self, weights, layers, heads, length, dropout):
        super().__init__()
        self.dropout = dropout
        self.items = nn.Parameter(weights["items"])
        self.gain = nn.Parameter(weights["gain"])
        self.blocks = nn.ModuleList(
            Block({name.removeprefix(f"{layer}/"): weight for name, weight in weights.items()}, heads, dropout)
            for layer in range(layers)
        )
        # Newest first: a position attends to itself and to older ones, which come after it.
        positions = torch.arange(length)
        distances = positions[None, :] - positions[:, None]
        self.register_buffer("older", distances >= 0)
        self.register_buffer("distances", distances.clamp(min=0))

    def forward(self, items, segment_ids):
        x = F.dropout(F.embedding(items, self.items) * math.sqrt(self.items.shape[1]), self.dropout)
        same = segment_ids[:, None, :, None] == segment_ids[:, None, None, :]
        attention_mask = torch.zeros(same.shape).masked_fill_(~(same & self.older), MASKED)
        for block in self.blocks:
            x = block(x, self.distances, attention_mask)
        return rms_norm(x, self.gain) @ self.items.T


class Training:
    def __init__(self, model, options):
        self.model, self.options = model, options
        self.done = 0
        matrices = [parameter for parameter in model.parameters() if parameter.ndim == 2]
        gains = [parameter for parameter in model.parameters() if parameter.ndim != 2]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": options["weightDecay"]}, {"params": gains, "weight_decay": 0}],
            betas=BETAS,
        )

    def step(self, items, segment_ids, targets):
        self.done += 1
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
            # Our AdamW adds epsilon before the bias correction of the squares, PyTorch after.
            group["eps"] = EPSILON / math.sqrt(1 - BETAS[1] ** self.done)
        self.optimiser.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(items, segment_ids).flatten(0, 1), targets, ignore_index=IGNORED)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.options["clipNorm"])
        self.optimiser.step()
        return loss.item()

    def learning_rate(self):
        steps, warm_up = self.options["steps"], self.options["warmUpSteps"]
        return self.options["learningRate"] * min(self.done / warm_up, (steps - self.done) / (steps - warm_up))


def read(folder, name, shape, dtype):
    return torch.from_file(str(folder / name), size=math.prod(shape), dtype=dtype).view(shape).clone()


def main(folder):
    described = json.loads((folder / "step.json").read_text())
    torch.set_num_threads(described["threads"])
    torch.manual_seed(1)
    rows, length = described["rows"], described["length"]
    batches = []
    for batch in range(described["batches"]):
        items, segment_ids, targets = (
            read(folder, f"{name}{batch}", (rows, length), torch.int32).long()
            for name in ("items", "segment_ids", "targets")
        )
        batches.append((items, segment_ids, targets.masked_fill(segment_ids == 0, IGNORED).flatten()))

    def open_training(dropout):
        weights = {
            name: read(folder, f"weights{n}", shape, torch.float32)
            for n, (name, shape) in enumerate(described["weights"].items())
        }
        model = Sasrec(weights, described["layers"], described["heads"], length, dropout)
        return Training(model, described["optimiser"])

    trainings = {}
    for line in sys.stdin:
        request = json.loads(line)
        dropout = request["dropout"]
        if dropout not in trainings:
            trainings[dropout] = open_training(dropout)
        training = trainings[dropout]
        started_at = time.perf_counter()
        losses = [training.step(*batches[training.done % len(batches)]) for _ in range(request["steps"])]
        ms = (time.perf_counter() - started_at) * 1000
        print(json.dumps({"losses": losses, "ms": ms}), flush=True)


main(Path(sys.argv[1]))
