// Trains by gradient within a time: fits the number of steps to their speed, so that the learning rate reaches 0 when the
// time ends; proposes what was learnt at regular places; saves it there, and goes on from what an earlier run saved.

import type { RetrievalModel, TrainingContext } from '../algorithms/algorithm.ts';
import type { TensorData } from './session.ts';
import type { Parameters, TrainingStep } from './step.ts';

export interface DescentInput {
  training: TrainingStep;
  /** The batches of the epoch that begins at a step, the same at each call. */
  readEpoch(step: number): Iterable<Record<string, TensorData>>;
  stepsPerEpoch: number;
  /** Fewer where the time allows no more. */
  epochsMax: number;
  /** Same data, options and seed: same name. */
  checkpoint: string;
  /** `parameters` are overwritten by later steps: the model copies what it needs. */
  propose(parameters: Parameters, epochs: number): RetrievalModel;
}

/** Proposals in a whole training, and what looking at the validation split for them may take of the time. */
const PROPOSALS = 12;
const LOOKING_SHARE = 0.15;
/** Steps after which their speed is known. */
const CALIBRATION_STEPS = 30;
/** Looks without a better model after which more steps would only learn by heart. */
const PATIENCE = 4;
/** Of the time, for what takes longer than it did before. */
const SPARE_SHARE = 0.05;
/** How much of the means of loss and speed the next step leaves. */
const MEMORY = 0.98;

export async function* descend(
  { training, readEpoch, stepsPerEpoch, epochsMax, checkpoint, propose }: DescentInput,
  { timeLeft, signal, checkpoints, onProgress }: TrainingContext,
): AsyncGenerator<RetrievalModel, void, number> {
  const stepsMax = epochsMax * stepsPerEpoch;
  const saved = checkpoints.read(checkpoint);
  let step = saved === undefined ? 0 : training.restore(saved);
  const first = step;
  const spareMs = SPARE_SHARE * timeLeft();
  let steps = stepsMax;
  let nextLook = Number.POSITIVE_INFINITY;
  let looks = 0;
  let lookMs = (LOOKING_SHARE * timeLeft()) / PROPOSALS;
  let stepMs = 0;
  let loss = Number.NaN;
  let seen = '';
  let best = 0;
  let looksSinceBest = 0;

  const isOver = () => step >= steps || signal.aborted || timeLeft() <= spareMs / 2;
  const plan = () => {
    const looksLeft = Math.max(1, Math.min(PROPOSALS - looks, Math.floor((LOOKING_SHARE * timeLeft()) / lookMs)));
    const stepsInTime = Math.floor((timeLeft() - spareMs - looksLeft * lookMs) / stepMs);
    steps = Math.min(stepsMax, step + Math.max(1, stepsInTime));
    nextLook = step + Math.ceil((steps - step) / looksLeft);
  };

  while (!isOver())
    for (const batch of readEpoch(step)) {
      const before = timeLeft();
      const value = await training.run(batch, steps);
      step++;
      const remember = (mean: number, now: number) => (step <= first + 1 ? now : MEMORY * mean + (1 - MEMORY) * now);
      loss = remember(loss, value);
      stepMs = remember(stepMs, before - timeLeft());
      if (step === first + CALIBRATION_STEPS) plan();
      const epochs = step / stepsPerEpoch;
      onProgress(
        `epoch ${epochs.toFixed(1)} of ${(steps / stepsPerEpoch).toFixed(1)}, loss ${loss.toFixed(3)}${seen}`,
        step / steps,
      );
      if (step < nextLook && !isOver()) continue;
      const lookFrom = timeLeft();
      checkpoints.write(checkpoint, training.save());
      const ndcg = yield propose(training.parameters(), epochs);
      seen = `, validation NDCG@10 ${ndcg.toFixed(4)}`;
      lookMs = lookFrom - timeLeft();
      looks++;
      looksSinceBest = ndcg > best ? 0 : looksSinceBest + 1;
      best = Math.max(best, ndcg);
      if (isOver() || looksSinceBest === PATIENCE) return;
      plan();
    }
}
