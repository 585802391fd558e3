// AdamW as a traced function (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization"): it becomes a part of the
// training step's graph, so that none of it runs in JavaScript.

import { numpy as np } from '@jax-js/jax';

export interface OptimiserOptions {
  /** At its highest, when the warm-up ends. */
  learningRate: number;
  warmUpSteps: number;
  /** Of matrices; gains and biases do not decay. */
  weightDecay: number;
  /** The norm of all gradients together is cut to this. */
  clipNorm: number;
}

const BETA_1 = 0.9;
const BETA_2 = 0.98;
const EPSILON = 1e-8;
/** Of a short training the warm-up must not take more. */
const WARM_UP_SHARE_MAX = 0.1;

export type Arrays = Record<string, np.Array>;

export interface OptimiserState {
  parameters: Arrays;
  /** Running means of the gradients and of their squares. */
  means: Arrays;
  squares: Arrays;
  /** Float32 scalar: steps done. */
  step: np.Array;
}

/**
 * The state after one more step. `steps`: float32 scalar, those of the whole training, at whose end the learning rate has
 * fallen to 0. Owns, as jax-js has it, what it is given: pass `.ref` of what is needed again.
 */
export function updateAdamW(
  state: OptimiserState,
  gradients: Arrays,
  steps: np.Array,
  options: OptimiserOptions,
): OptimiserState {
  const step = state.step.add(1);
  const clip = clipFactor(gradients, options.clipNorm);
  const rate = learningRateAt(step.ref, steps, options);
  // The corrections of both means for their start at zero, as one factor of the step's length.
  const correction = np.sqrt(correctionAt(step.ref, BETA_2)).div(correctionAt(step.ref, BETA_1));
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

/** What brings the norm of all gradients together down to `clipNorm`; at most 1. */
function clipFactor(gradients: Arrays, clipNorm: number): np.Array {
  const squares = Object.values(gradients).map((gradient) => np.sum(np.square(gradient.ref)));
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  return np.minimum(1, np.divide(clipNorm, norm.add(EPSILON)));
}

/** Up in a straight line during the warm-up, and down to 0 in another that ends with the last step. */
function learningRateAt(step: np.Array, steps: np.Array, { learningRate, warmUpSteps }: OptimiserOptions): np.Array {
  const warmUp = np.minimum(steps.ref.mul(WARM_UP_SHARE_MAX), warmUpSteps);
  const rising = step.ref.div(warmUp.ref);
  const falling = steps.ref.sub(step).div(steps.sub(warmUp));
  return np.clip(np.minimum(rising, falling), 0, 1).mul(learningRate);
}

/** 1 − βᵗ. */
const correctionAt = (step: np.Array, beta: number): np.Array => np.subtract(1, np.exp(step.mul(Math.log(beta))));
