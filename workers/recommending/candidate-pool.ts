// Merges the candidates of all sources, each item once, and notes the items that filters removed. Only while sources
// are asked: it shares its mask of the catalogue with the next answer, so nothing may be awaited meanwhile.

import type { SourceName } from '../../models/contracts/gallery.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { Retrieved } from './candidates.ts';
import { type Filter, removes } from './filter.ts';
import { shareVerdicts } from './shared-verdicts.ts';
import type { Source } from './source.ts';

const UNKNOWN = 0;
const REMOVED = -1;
/** Removed by a list, and not visited yet. */
const LISTED = -2;
/** By item index: one of these, or the candidate's number from 1. Shared, as clearing is cheaper than creating. */
let sharedMask = new Int32Array(0);

export class CandidatePool {
  readonly indexes: number[] = [];
  readonly retrieved: Retrieved[] = [];
  /** Item indexes that a source visited and a filter removed. */
  readonly removed: number[] = [];
  readonly #filters: readonly Pick<Filter, 'removes'>[];
  readonly #mask: Int32Array;
  /** By candidate, the number of the list that it was put into last. */
  readonly #lists: number[] = [];

  constructor(filters: readonly Filter[], columns: ItemColumns) {
    const { length } = columns;
    this.#filters = shareVerdicts(
      filters.filter(({ listed }) => listed === undefined),
      columns,
    );
    if (sharedMask.length < length) sharedMask = new Int32Array(2 * length);
    this.#mask = sharedMask.fill(UNKNOWN, 0, length);
    for (const { listed = [] } of filters) for (const index of listed) if (index >= 0) this.#mask[index] = LISTED;
  }

  /**
   * Adds the first `max` candidates of a source that pass the filters, in their order, each once. Scores are relative
   * to the source's best and never rise: a source may append a list on another scale, which must not lead.
   */
  add(source: SourceName, candidates: Source, max: number): Retrieved {
    const added: Retrieved = { source, candidates: [], scores: [], reasons: [] };
    this.retrieved.push(added);
    const list = this.retrieved.length;
    let best = 0;
    let last = 1;
    const visit = (index: number, score: number, reason: string) => {
      const candidate = this.#admit(index);
      if (candidate < 0 || this.#lists[candidate] === list) return true;
      this.#lists[candidate] = list;
      best ||= score;
      last = best > 0 ? Math.min(last, Math.max(0, score / best)) : 0;
      added.candidates.push(candidate);
      added.scores.push(last);
      added.reasons.push(reason);
      return added.candidates.length < max;
    };
    if (max > 0) candidates(visit);
    return added;
  }

  /** The item's candidate; −1 if a filter removes it. */
  #admit(index: number): number {
    const known = this.#mask[index]!;
    if (known > UNKNOWN) return known - 1;
    if (known === REMOVED) return -1;
    if (known === LISTED || removes(this.#filters, index)) {
      this.#mask[index] = REMOVED;
      this.removed.push(index);
      return -1;
    }
    this.#mask[index] = this.indexes.push(index);
    this.#lists.push(0);
    return this.indexes.length - 1;
  }
}
