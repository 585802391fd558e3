// Cold-start items: items that the model release in use does not know, because they are newer or have had hardly any
// interactions. They are scored by similarity to known items. Without a release there are none.

import { type ItemColumns, toDay } from '../../models/features/item-columns.ts';
import { ColdStartItems, type Compared } from './cold-start-items.ts';
import type { RankingInput } from './ranking-input.ts';
import { walkReleases } from './source.ts';

/** Only the newest count if a store has just doubled its catalogue. */
const COLD_START_ITEMS_MAX = 200;
/** They are compared with at most this many items of a history. */
const COMPARED_MAX = 20;
/** An item of similarity 1 ranks behind this many items, one of similarity ½ behind twice as many. */
const ITEMS_BEFORE = 4;

type ReleaseItems = NonNullable<RankingInput['releaseItems']>;

interface Kept {
  changes: number;
  today: string;
  items: ColdStartItems;
}
/** By columns, then by release, so that replaced ones are not kept: answers alternate between releases in a canary. */
const cache = new WeakMap<ItemColumns, WeakMap<ReleaseItems, Kept>>();
const NO_RELEASE: ReleaseItems = new Map();

/** Already out and unknown to the release, newest first. Computed once per state of catalogue and release. */
export function readColdStartItems({
  catalogue,
  releaseItems,
  today,
}: Pick<RankingInput, 'catalogue' | 'releaseItems' | 'today'>): ColdStartItems {
  const { columns } = catalogue;
  const { changes } = columns;
  const byRelease = cache.get(columns) ?? new WeakMap<ReleaseItems, Kept>();
  cache.set(columns, byRelease);
  const known = byRelease.get(releaseItems ?? NO_RELEASE);
  if (known?.changes === changes && known.today === today) return known.items;
  const indexes = releaseItems === null ? [] : findColdStartItems(catalogue, releaseItems, toDay(today));
  const items = new ColdStartItems(indexes, columns);
  byRelease.set(releaseItems ?? NO_RELEASE, { changes, today, items });
  return items;
}

function findColdStartItems(
  { columns: { ids }, releases }: RankingInput['catalogue'],
  releaseItems: ReadonlyMap<string, number>,
  today: number,
): number[] {
  const found: number[] = [];
  const visit = (index: number) => releaseItems.has(ids[index]!) || found.push(index) < COLD_START_ITEMS_MAX;
  walkReleases(releases.readReleased(today), visit) && walkReleases(releases.readUndated(), visit);
  return found;
}

/** The cold-start items, compared with a player's history. */
export interface ColdStart {
  items: ColdStartItems;
  /** By position: similarity to the most similar item of the history, weighted by the player's engagement with it. */
  similarities: Float64Array;
}

export function compareColdStart(input: RankingInput): ColdStart {
  const items = readColdStartItems(input);
  return { items, similarities: items.compareWith(listCompared(input.user.history, input.catalogue.columns)) };
}

/** The latest items that the player liked. */
function listCompared(history: RankingInput['user']['history'], columns: ItemColumns): Compared[] {
  const compared: Compared[] = [];
  for (const { itemId, weight } of history) {
    const index = weight > 0 ? columns.find(itemId) : -1;
    if (index >= 0 && compared.push({ index, weight: Math.min(1, weight) }) === COMPARED_MAX) break;
  }
  return compared;
}

/**
 * The score of a cold-start item among items that a model scored, best first: the score of the item it ranks behind,
 * decreasing further beyond the last one. By rank, since one model's tenth score is a tenth of its first and another's
 * nine tenths (docs/decisions/0012).
 */
export function scoreAtRank(scores: readonly number[], similarity: number): number {
  const rank = Math.ceil(ITEMS_BEFORE / similarity);
  return scores[rank - 1] ?? ((scores.at(-1) ?? 0) * scores.length) / rank;
}
