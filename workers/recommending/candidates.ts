// What goes through the stages of a recommendation: what a source found, and the pool in which everything that was found
// for one answer comes together, each item once.

import type { RecommendedItem, SourceName } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';

export type { SourceName };

/** What a source says of an item; each source is best first. */
export interface Found {
  item: Item;
  score: number;
  reason: string;
}

/** An item that may be shown, and what every source that found it says: scores relative to the source's best. */
export interface Candidate {
  item: Item;
  sources: Partial<Record<SourceName, { score: number; reason: string }>>;
}

/** A candidate as one source has found it. */
export interface RowCandidate0 {
  candidate: Candidate;
  /** Relative to the source's best, 0–1, and not above what comes before it. */
  score: number;
  reason: string;
}

export interface ScoredCandidate extends Candidate {
  score: number;
  reason: string;
  /** Its row of FEATURES (models/features/ranking.ts). */
  features(): Float32Array;
}

/** Says why an item must not be shown, or nothing where it may. */
export type Filter = (item: Item) => string | undefined;

export const findFilterReason = (item: Item, filters: readonly Filter[]): string | undefined => {
  for (const filter of filters) {
    const objection = filter(item);
    if (objection !== undefined) return objection;
  }
  return undefined;
};

/** Everything that was found for one answer: what the filters let pass, and what they did not, with the reason. */
export class CandidatePool {
  readonly kept = new Map<string, Candidate>();
  readonly removed = new Map<string, string>();
  readonly #filters: readonly Filter[];

  constructor(filters: readonly Filter[]) {
    this.#filters = filters;
  }

  /** Why the item must not be in the answer, whether a source has found it or not. */
  findFilterReason(item: Item): string | undefined {
    return this.removed.get(item.itemId) ?? findFilterReason(item, this.#filters);
  }

  /** Takes the first `max` of a source to which no filter objects, each once; returns them in their order. */
  add(source: SourceName, found: Iterable<Found>, max: number): RowCandidate0[] {
    const added = new Map<Candidate, RowCandidate0>();
    let best = 0;
    // A list behind another has a scale of its own, and must not lead it.
    let last = 1;
    for (const { item, score, reason } of found) {
      if (added.size === max) break;
      const candidate = this.kept.get(item.itemId) ?? this.#admit(item);
      if (candidate === undefined || added.has(candidate)) continue;
      best ||= score;
      last = best > 0 ? Math.min(last, Math.max(0, score / best)) : 0;
      const one = { candidate, score: last, reason };
      if (one.score >= (candidate.sources[source]?.score ?? 0)) candidate.sources[source] = one;
      added.set(candidate, one);
    }
    return [...added.values()];
  }

  #admit(item: Item): Candidate | undefined {
    if (this.removed.has(item.itemId)) return undefined;
    const objection = findFilterReason(item, this.#filters);
    if (objection !== undefined) {
      this.removed.set(item.itemId, objection);
      return undefined;
    }
    const candidate: Candidate = { item, sources: {} };
    this.kept.set(item.itemId, candidate);
    return candidate;
  }
}

/** As it is answered. `instead`: a reason that goes before its own. */
export const toItem = ({ item, score, reason }: Found, instead?: string): RecommendedItem => ({
  itemId: item.itemId,
  score: Math.round(score * 1e6) / 1e6,
  reason: instead ?? reason,
});

/** The first of a source, lazily read. */
export function take<T>(found: Iterable<T>, length: number): T[] {
  const taken: T[] = [];
  if (length > 0)
    for (const one of found) {
      taken.push(one);
      if (taken.length === length) break;
    }
  return taken;
}
