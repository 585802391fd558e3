// A filter decides whether an item may be shown, and gives the reason if not.

import type { Item } from '../../models/contracts/item.ts';
import type { Candidate } from './candidates.ts';

/** Returns the filter reason, or undefined if the item may be shown. */
export type Filter = (item: Item) => string | undefined;

export function findFilterReason(item: Item, filters: readonly Filter[]): string | undefined {
  for (const filter of filters) {
    const reason = filter(item);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export function* filterCandidates(candidates: Iterable<Candidate>, filters: readonly Filter[]): Generator<Candidate> {
  for (const candidate of candidates) if (findFilterReason(candidate.item, filters) === undefined) yield candidate;
}
