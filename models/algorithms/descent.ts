// Trains by gradient within a time: fits the number of steps to their speed, so that the learning rate reaches 0 when the
// time ends; proposes what was learnt at regular places; saves it there, and goes on from what an earlier run saved.

import type { Parameters, TrainingStep } from '../gradient/step.ts';
import type { TensorData } from '../onnx/session.ts';
import type { Checkpoints, RetrievalModel, TrainingContext } from './algorithm.ts';

export interface DescentInput {
  training: TrainingStep;
  /** The batches of the epoch that begins at a step, the same at each call. */
  readEpoch(step: number): Iterable<Record<string, TensorData>>;
  stepsPerEpoch: number;
  /** Fewer where the time allows no more. */
  epochsMax: number;
  /** How many steps take about as long as one look at the validation split. */
  lookSteps: number;
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
/** The least that a step counts in the means of loss and speed. */
const MEAN_SHARE_MIN = 0.02;

export async function* descend(
  { training, readEpoch, stepsPerEpoch, epochsMax, lookSteps, checkpoint, propose }: DescentInput,
  { timeLeft, signal, checkpoints, onProgress }: TrainingContext,
): AsyncGenerator<RetrievalModel, void, number> {
  const memory = openMemory(training, checkpoints, checkpoint);
  const stepsMax = epochsMax * stepsPerEpoch;
  const spareMs = SPARE_SHARE * timeLeft();
  let best = 0;
  const remembered = memory.recallBest();
  if (remembered !== undefined) best = yield propose(training.parameters(), remembered / stepsPerEpoch);
  if (memory.isComplete()) return;
  const first = memory.recallLatest();

  let step = first;
  let steps = stepsMax;
  let nextLook = Number.POSITIVE_INFINITY;
  let looks = 0;
  let looksSinceBest = 0;
  let lookMs = 0;
  let stepMs = 0;
  let loss = 0;
  let seen = '';

  const isOver = () => step >= steps || signal.aborted || timeLeft() <= lookMs;
  const plan = () => {
    const looksLeft = Math.max(1, Math.min(PROPOSALS - looks, Math.floor((LOOKING_SHARE * timeLeft()) / lookMs)));
    const stepsInTime = Math.floor((timeLeft() - spareMs - looksLeft * lookMs) / stepMs);
    steps = Math.min(stepsMax, step + Math.max(1, stepsInTime));
    nextLook = step + Math.ceil((steps - step) / looksLeft);
  };

  while (!isOver()) {
    let before = timeLeft();
    for (const batch of readEpoch(step)) {
      const value = await training.run(batch, steps);
      // What has diverged does not come back, and must not be gone on with.
      if (!Number.isFinite(value)) return;
      step++;
      const share = Math.max(MEAN_SHARE_MIN, 1 / (step - first));
      loss += share * (value - loss);
      // The first step prepares what the others find.
      if (step > first + 1) stepMs += Math.max(MEAN_SHARE_MIN, 1 / (step - first - 1)) * (before - timeLeft() - stepMs);
      before = timeLeft();
      if (step === first + CALIBRATION_STEPS) {
        lookMs = lookSteps * stepMs;
        plan();
      }
      const epochs = step / stepsPerEpoch;
      onProgress(
        `epoch ${epochs.toFixed(1)} of ${(steps / stepsPerEpoch).toFixed(1)}, loss ${loss.toFixed(3)}${seen}`,
        step / steps,
      );
      if (step < nextLook && !isOver()) continue;
      if (looks === 0 && timeLeft() < lookMs) return;
      memory.keepLatest();
      const ndcg = yield propose(training.parameters(), epochs);
      seen = `, validation NDCG@10 ${ndcg.toFixed(4)}`;
      lookMs = before - timeLeft();
      before = timeLeft();
      looks++;
      looksSinceBest = ndcg > best ? 0 : looksSinceBest + 1;
      if (ndcg > best) memory.keepBest();
      best = Math.max(best, ndcg);
      if (step >= stepsMax || looksSinceBest === PATIENCE) memory.complete();
      // The learning rate has reached 0: another run begins anew and does not go on from here.
      else if (step >= steps) memory.forgetLatest();
      if (isOver() || looksSinceBest === PATIENCE) return;
      plan();
    }
  }
}

/** What earlier runs of the same training left. */
function openMemory(training: TrainingStep, checkpoints: Checkpoints, name: string) {
  const initial = training.save();
  const [latest, best, complete] = [`${name}-latest`, `${name}-best`, `${name}-complete`];
  const nothing = new Uint8Array();
  /** The steps that were done; undefined where nothing fit to go on from was saved. */
  const restore = (saved: Uint8Array | undefined) =>
    saved?.length === initial.length ? training.restore(saved) : undefined;
  return {
    recallBest: () => restore(checkpoints.read(best)),
    recallLatest: () => restore(checkpoints.read(latest)) ?? training.restore(initial),
    isComplete: () => (checkpoints.read(complete)?.length ?? 0) > 0,
    keepLatest: () => checkpoints.write(latest, training.save()),
    keepBest: () => checkpoints.write(best, training.save()),
    forgetLatest: () => checkpoints.write(latest, nothing),
    complete: () => checkpoints.write(complete, Uint8Array.of(1)),
  };
}
