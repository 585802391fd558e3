// Made-up histories for measuring speed: nothing can be learnt from them but what is popular.

import type { Random } from '../../models/data/random.ts';

const LENGTH_MIN = 10;
const LENGTH_MAX = 60;
/** The larger, the more the choices gather on the first items. */
const SKEW = 2;

/** Items as places in a vocabulary, each at most once in a history. */
export const drawSequences = (users: number, items: number, random: Random): Int32Array[] =>
  Array.from({ length: users }, () => {
    const length = LENGTH_MIN + random.below(LENGTH_MAX - LENGTH_MIN);
    const chosen = new Set(Array.from({ length }, () => Math.floor(items * random.next() ** SKEW)));
    return Int32Array.from(chosen);
  });
