// Gives experiments their slices of a layer, so that experiments that run at the same time share no players. Assignment
// within a slice: assignment.ts.

import type { Slice } from './assignment.ts';

/** Shares are decimal fractions, which binary numbers only approximate: ten tenths fill a layer. */
const STEPS = 1e9;

const round = (position: number): number => Math.round(position * STEPS) / STEPS;

/** Returns the first gap of that width; undefined if there is none. `taken` do not overlap. `width`: in (0, 1]. */
export function findSlice(taken: readonly Slice[], width: number): Slice | undefined {
  let from = 0;
  for (const slice of [...taken].sort((a, b) => a.from - b.from)) {
    if (round(from + width) <= slice.from) break;
    from = slice.to;
  }
  const to = round(from + width);
  return to > 1 ? undefined : { from, to };
}
