// What goes through the stages of a recommendation.

import type { Item } from '../../models/contracts/item.ts';

/** An item that may be shown. */
export interface Candidate {
  item: Item;
  score: number;
  reason: string;
}

/** Says why an item must not be shown, or nothing where it may. */
export type Filter = (item: Item) => string | undefined;

/** The candidates to which no filter objects, in their order; lazily, so that a slate asks for no more than it shows. */
export function* filterCandidates(candidates: Iterable<Candidate>, filters: readonly Filter[]): Generator<Candidate> {
  for (const candidate of candidates)
    if (filters.every((filter) => filter(candidate.item) === undefined)) yield candidate;
}

export function take(candidates: Iterable<Candidate>, length: number): Candidate[] {
  const taken: Candidate[] = [];
  if (length > 0)
    for (const candidate of candidates) {
      taken.push(candidate);
      if (taken.length === length) break;
    }
  return taken;
}
