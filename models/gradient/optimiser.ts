// AdamW (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization") as a traced function: it becomes part of
// the training step's graph, so none of it runs in JavaScript.

import { numpy as np } from '@jax-js/jax';

export interface OptimiserOptions {
  /** Peak, at the end of the warm-up. */
  learningRate: number;
  warmUpSteps: number;
  /** Applies to matrices; gains and biases do not decay. */
  weightDecay: number;
  /** Limit of the norm of all gradients together. */
  clipNorm: number;
}

const BETA_1 = 0.9;
const BETA_2 = 0.98;
const EPSILON = 1e-8;
/** The longest warm-up, as a share of the training's steps. */
const WARM_UP_SHARE_MAX = 0.1;

export type Arrays = Record<string, np.Array>;

export interface OptimiserState {
  parameters: Arrays;
  /** Running means of the gradients and of their squares. */
  means: Arrays;
  squares: Arrays;
  /** Completed steps, float32 scalar. */
  step: np.Array;
}

/**
 * The state after one more step. `steps`: float32 scalar, the steps of the whole training, at whose end the learning
 * rate reaches 0. Owns its arguments, as functions of jax-js do: pass `.ref` of arrays that are needed again.
 */
export function updateAdamW(
  state: OptimiserState,
  gradients: Arrays,
  steps: np.Array,
  options: OptimiserOptions,
): OptimiserState {
  const step = state.step.add(1);
  const clip = computeClipFactor(gradients, options.clipNorm);
  const rate = computeLearningRate(step.ref, steps, options);
  // Both bias corrections, as one factor of the step's length.
  const correction = np.sqrt(computeBiasCorrection(step.ref, BETA_2)).div(computeBiasCorrection(step.ref, BETA_1));
  const length = rate.ref.mul(correction);
  const meanShare = clip.ref.mul(1 - BETA_1);
  const squareShare = np.square(clip).mul(1 - BETA_2);
  const kept = np.subtract(1, rate.mul(options.weightDecay));

  const next: OptimiserState = { parameters: {}, means: {}, squares: {}, step };
  for (const [name, gradient] of Object.entries(gradients)) {
    const parameter = state.parameters[name]!;
    const decayed = parameter.ndim === 2 ? parameter.mul(kept.ref) : parameter;
    const mean = state.means[name]!.mul(BETA_1).add(gradient.ref.mul(meanShare.ref));
    const square = state.squares[name]!.mul(BETA_2).add(np.square(gradient).mul(squareShare.ref));
    const direction = mean.ref.div(np.sqrt(square.ref).add(EPSILON));
    next.parameters[name] = decayed.sub(direction.mul(length.ref));
    next.means[name] = mean;
    next.squares[name] = square;
  }
  for (const scalar of [length, meanShare, squareShare, kept]) scalar.dispose();
  return next;
}

/** Scales the norm of all gradients together down to `clipNorm`; at most 1. */
function computeClipFactor(gradients: Arrays, clipNorm: number): np.Array {
  const squares = Object.values(gradients).map((gradient) => np.sum(np.square(gradient.ref)));
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  return np.minimum(1, np.divide(clipNorm, norm.add(EPSILON)));
}

/** Rises linearly during the warm-up, then falls linearly to 0 at the last step. */
function computeLearningRate(
  step: np.Array,
  steps: np.Array,
  { learningRate, warmUpSteps }: OptimiserOptions,
): np.Array {
  const warmUp = np.minimum(steps.ref.mul(WARM_UP_SHARE_MAX), warmUpSteps);
  const rising = step.ref.div(warmUp.ref);
  const falling = steps.ref.sub(step).div(steps.sub(warmUp));
  return np.clip(np.minimum(rising, falling), 0, 1).mul(learningRate);
}

/** 1 − βᵗ. */
const computeBiasCorrection = (step: np.Array, beta: number): np.Array =>
  np.subtract(1, np.exp(step.mul(Math.log(beta))));
