// Merges the candidates of all sources, each item once, and keeps the reason of every item that a filter removed.

import type { SourceName } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Candidate, SourceScores } from './candidates.ts';
import { type Filter, findFilterReason } from './filter.ts';

export class CandidatePool {
  readonly kept = new Map<string, { item: Item; sources: SourceScores }>();
  readonly removed = new Map<string, string>();
  readonly #filters: readonly Filter[];

  constructor(filters: readonly Filter[]) {
    this.#filters = filters;
  }

  /** Works for any item, retrieved or not. */
  findFilterReason(item: Item): string | undefined {
    return this.removed.get(item.itemId) ?? findFilterReason(item, this.#filters);
  }

  /**
   * Adds the first `max` candidates of a source that pass the filters. Returns them in their order, each once, with
   * scores relative to the source's best that never rise: a source may append a list on another scale, which must not
   * lead.
   */
  add(source: SourceName, candidates: Iterable<Candidate>, max: number): Candidate[] {
    const added = new Map<string, Candidate>();
    let best = 0;
    let last = 1;
    for (const { item, score, reason } of candidates) {
      if (added.size === max) break;
      const sources = this.#admit(item);
      if (sources === undefined || added.has(item.itemId)) continue;
      best ||= score;
      last = best > 0 ? Math.min(last, Math.max(0, score / best)) : 0;
      if (last >= (sources[source]?.score ?? 0)) sources[source] = { score: last, reason };
      added.set(item.itemId, { item, score: last, reason });
    }
    return [...added.values()];
  }

  #admit(item: Item): SourceScores | undefined {
    const known = this.kept.get(item.itemId);
    if (known !== undefined) return known.sources;
    if (this.removed.has(item.itemId)) return undefined;
    const reason = findFilterReason(item, this.#filters);
    if (reason !== undefined) {
      this.removed.set(item.itemId, reason);
      return undefined;
    }
    const sources: SourceScores = {};
    this.kept.set(item.itemId, { item, sources });
    return sources;
  }
}
