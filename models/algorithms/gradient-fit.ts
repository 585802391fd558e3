// Fits a model by gradient within the time given: validates it at intervals, stops when validation no longer improves,
// and saves checkpoints so that an interrupted fit resumes. Independent of the model: callers pass the training step
// and its batches.

import type { Parameters, TrainingStep } from '../gradient/step.ts';
import type { TensorData } from '../onnx/session.ts';
import type { RetrievalModel, TrainingContext } from './algorithm.ts';
import { openFitCheckpoints } from './fit-checkpoints.ts';
import { FitPlan } from './fit-plan.ts';
import { RunningMean } from './running-mean.ts';

interface GradientFit {
  training: TrainingStep;
  /** Batches of the epoch that begins at a step, at least one; the same at each call. */
  readEpoch(step: number): Iterable<Record<string, TensorData>>;
  stepsPerEpoch: number;
  /** Fewer are made if time runs out. */
  epochsMax: number;
  /** Estimated time of one validation, in steps. */
  validationSteps: number;
  /** Names the checkpoints: the same for the same data, options and seed. */
  checkpoint: string;
  /** Later steps overwrite `parameters`: the model must copy them. */
  createModel(parameters: Parameters, epochs: number): RetrievalModel;
}

/** Consecutive validations without a better model, after which more steps would only overfit. */
const PATIENCE = 4;

/** Produces no model if the loss diverges or the time ends before the first validation. */
export async function fitByGradient(fit: GradientFit, context: TrainingContext): Promise<void> {
  const { training, stepsPerEpoch, epochsMax } = fit;
  const checkpoints = openFitCheckpoints(training, context.checkpoints, fit.checkpoint);
  const validate = (step: number) => context.validate(fit.createModel(training.parameters(), step / stepsPerEpoch));

  const savedBest = checkpoints.restoreBest();
  let best = savedBest === undefined ? 0 : await validate(savedBest);
  if (checkpoints.isComplete()) return;

  const first = checkpoints.restoreLatest();
  const stepsMax = epochsMax * stepsPerEpoch;
  const plan = new FitPlan({ first, stepsMax, validationSteps: fit.validationSteps }, context);
  const meanLoss = new RunningMean();
  let withoutGain = 0;
  let ndcg: number | undefined;
  if (plan.isOver()) return;
  for (const batch of readBatches(fit, first)) {
    const loss = await training.run(batch, plan.steps);
    // Parameters that have diverged do not recover, and must not be saved.
    if (!Number.isFinite(loss)) return;
    meanLoss.add(loss);
    plan.countStep();
    context.onProgress(describeProgress(plan, stepsPerEpoch, meanLoss.value, ndcg), plan.step / plan.steps);
    if (!plan.isValidationDue()) continue;
    if (plan.isTooLateToValidate()) return;

    checkpoints.saveLatest();
    ndcg = await validate(plan.step);
    plan.countValidation();
    withoutGain = ndcg > best ? 0 : withoutGain + 1;
    if (ndcg > best) checkpoints.saveBest();
    best = Math.max(best, ndcg);
    if (plan.step >= stepsMax || withoutGain === PATIENCE) checkpoints.markComplete();
    // The learning rate has reached 0: the next run cannot continue from here and starts over.
    else if (plan.step >= plan.steps) checkpoints.forgetLatest();
    if (plan.isOver() || withoutGain === PATIENCE) return;
    plan.replan();
  }
}

function* readBatches({ readEpoch }: GradientFit, first: number): Generator<Record<string, TensorData>> {
  for (let step = first; ; )
    for (const batch of readEpoch(step)) {
      step++;
      yield batch;
    }
}

function describeProgress({ step, steps }: FitPlan, stepsPerEpoch: number, loss: number, ndcg?: number): string {
  const epochs = `epoch ${(step / stepsPerEpoch).toFixed(1)} of ${(steps / stepsPerEpoch).toFixed(1)}`;
  const validation = ndcg === undefined ? '' : `, validation NDCG@10 ${ndcg.toFixed(4)}`;
  return `${epochs}, loss ${loss.toFixed(3)}${validation}`;
}
