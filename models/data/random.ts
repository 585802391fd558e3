// Seeded random numbers with distributions, for training and for the made-up world. Not for secrets.

import { createRng, drawIndex, shuffle } from '../features/rng.ts';

/** A stream of random numbers that is the same for the same seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Uniform integer in [0, end). */
  below(end: number): number;
  /** Standard normal. */
  normal(): number;
  /** One of the values, which must not be empty. */
  pick<T>(values: readonly T[]): T;
  /** Index drawn in proportion to weights ≥ 0; the last index if all are 0. */
  weighted(weights: ArrayLike<number>): number;
  /** Shuffles in place and returns the array. */
  shuffle<T>(values: T[]): T[];
}

/**
 * Creates a separate stream for each seed and name, so that a change in one part of the world leaves the others
 * unchanged.
 */
export function createRandom(seed: number, name: string): Random {
  const next = createRng(`${seed}/${name}`);
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    // Box–Muller; 1 − next(), because next() may be 0, whose logarithm is infinite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (values) => values[below(values.length)]!,
    weighted: (weights) => drawIndex(weights, next),
    shuffle: (values) => shuffle(values, next),
  };
}
