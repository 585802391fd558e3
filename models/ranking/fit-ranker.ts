// Fits the ranking model's parameters to examples by gradient descent, in a number of steps that depends on the data
// alone.

import { ACTIONS } from '../contracts/algorithm-settings.ts';
import { createRandom, type Random } from '../data/random.ts';
import { FEATURES } from '../features/ranking.ts';
import { openTrainingStep, type Parameters } from '../gradient/step.ts';
import type { Device } from '../onnx/session.ts';
import type { Examples } from './examples.ts';
import { computeLoss, initialiseRanker, type Scaling } from './network.ts';

const BATCH = 512;
const EPOCHS = 15;
const STEPS_MIN = 300;
const STEPS_MAX = 6_000;
/**
 * Strong weight decay: with little, the model fits the noise of some ten thousand impressions (docs/experiments.md).
 */
const OPTIMISER = { learningRate: 3e-3, warmUpSteps: 50, weightDecay: 2, clipNorm: 1 };
/** A feature of a smaller deviation counts as constant. */
const DEVIATION_MIN = 1e-4;
/** Stands for the rate of an action without examples: its logarithm must be finite. */
const RATE_MIN = 1e-4;

interface TrainedParameters {
  parameters: Parameters;
  scaling: Scaling;
}

export interface FitContext {
  seed: number;
  device: Device;
  /** Aborted to end training early, with the parameters of the last step. */
  signal: AbortSignal;
  onProgress(step: string, share?: number): void;
}

export async function fitRanker(
  examples: Examples,
  { seed, device, signal, onProgress }: FitContext,
): Promise<TrainedParameters> {
  const random = createRandom(seed, 'ranking');
  const scaling = measureScaling(examples);
  const parameters = initialiseRanker(
    computeMeanLabels(examples).map((rate) => Math.min(1 - RATE_MIN, Math.max(RATE_MIN, rate))),
    random,
  );
  const shape = (...dimensions: number[]) => ({ type: 'float32' as const, dimensions });
  const training = await openTrainingStep(
    computeLoss,
    parameters,
    {
      features: shape(BATCH, FEATURES.length),
      labels: shape(BATCH, ACTIONS.length),
      weights: shape(BATCH),
      means: shape(FEATURES.length),
      factors: shape(FEATURES.length),
    },
    OPTIMISER,
    device,
    1,
  );
  try {
    const steps = Math.min(STEPS_MAX, Math.max(STEPS_MIN, Math.ceil((EPOCHS * examples.count) / BATCH)));
    const batch = openBatch(examples, scaling, random);
    for (let step = 0; step < steps && !signal.aborted; step++) {
      const loss = await training.run(batch.draw(), steps);
      if (!Number.isFinite(loss)) throw new Error(`the ranking model’s loss is ${loss} at step ${step}`);
      if (step % 50 === 0) onProgress(`training the ranking model, loss ${loss.toFixed(3)}`, step / steps);
    }
    const trained = Object.entries(training.parameters()).map(([name, { data, dimensions }]) => [
      name,
      { data: data.slice(), dimensions },
    ]);
    return { parameters: Object.fromEntries(trained), scaling };
  } finally {
    await training.release();
  }
}

/** Mean of each label, in the order of ACTIONS. */
export const computeMeanLabels = ({ labels, count }: Examples): number[] =>
  ACTIONS.map((_, action) => {
    let sum = 0;
    for (let example = 0; example < count; example++) sum += labels[example * ACTIONS.length + action]!;
    return sum / Math.max(1, count);
  });

function measureScaling({ features, count }: Examples): Scaling {
  const width = FEATURES.length;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  features.forEach((value, cell) => {
    sums[cell % width]! += value;
    squares[cell % width]! += value * value;
  });
  const means = Float32Array.from(sums, (sum) => sum / count);
  const factors = Float32Array.from(squares, (square, feature) => {
    const deviation = Math.sqrt(Math.max(0, square / count - (sums[feature]! / count) ** 2));
    return deviation < DEVIATION_MIN ? 0 : 1 / deviation;
  });
  return { means, factors };
}

/** Draws batches of random examples; each overwrites the one before. */
function openBatch(examples: Examples, { means, factors }: Scaling, random: Random) {
  const tensor = (...dimensions: number[]) => ({
    data: new Float32Array(dimensions.reduce((product, dimension) => product * dimension, 1)),
    dimensions,
  });
  const batch = {
    features: tensor(BATCH, FEATURES.length),
    labels: tensor(BATCH, ACTIONS.length),
    weights: tensor(BATCH),
    means: { data: means, dimensions: [means.length] },
    factors: { data: factors, dimensions: [factors.length] },
  };
  const copy = (from: Float32Array, to: Float32Array, width: number, example: number, member: number) =>
    to.set(from.subarray(example * width, (example + 1) * width), member * width);
  return {
    draw() {
      for (let member = 0; member < BATCH; member++) {
        const example = random.below(examples.count);
        copy(examples.features, batch.features.data, FEATURES.length, example, member);
        copy(examples.labels, batch.labels.data, ACTIONS.length, example, member);
        batch.weights.data[member] = examples.weights[example]!;
      }
      return batch;
    },
  };
}
