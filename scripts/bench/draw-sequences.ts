// Draws histories for measuring speed. A model can learn popularity from them and nothing else.

import type { Random } from '../../models/data/random.ts';
import type { Sequences } from '../../models/data/windows.ts';

const LENGTH_MIN = 10;
const LENGTH_MAX = 60;
/** Larger values concentrate interactions on the first items. */
const SKEW = 2;

/** Histories of item indices, each at most once in a history. */
export const drawSequences = (users: number, items: number, random: Random): Int32Array[] =>
  Array.from({ length: users }, () => {
    const length = LENGTH_MIN + random.below(LENGTH_MAX - LENGTH_MIN);
    const drawn = new Set(Array.from({ length }, () => Math.floor(items * random.next() ** SKEW)));
    return Int32Array.from(drawn);
  });

export function joinSequences(sequences: readonly Int32Array[]): Sequences {
  let end = 0;
  const ends = Int32Array.from(sequences, ({ length }) => {
    end += length;
    return end;
  });
  return { items: Int32Array.from(sequences.flatMap((sequence) => [...sequence])), ends };
}
