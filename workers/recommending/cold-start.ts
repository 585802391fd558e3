// Cold-start items: items that the model release in use does not know, because they are newer or have had hardly any
// interactions. They are scored by similarity to known items. Without a release there are none.

import { type ItemColumns, NO_DEVELOPER, toDay } from '../../models/features/item-columns.ts';
import { LabelMarks } from '../../models/features/label-marks.ts';
import { DEVELOPER_SIMILARITY } from './history-similarity.ts';
import type { RankingInput } from './ranking-input.ts';
import { walkReleases } from './source.ts';

/** Only the newest count if a store has just doubled its catalogue. */
const COLD_START_ITEMS_MAX = 200;
/** An item of similarity 1 ranks behind this many items, one of similarity ½ behind twice as many. */
const ITEMS_BEFORE = 4;

interface ColdStartItems {
  releaseItems: ReadonlyMap<string, number>;
  changes: number;
  today: string;
  indexes: readonly number[];
}
const cache = new WeakMap<ItemColumns, ColdStartItems>();

/** Already out and unknown to the release, newest first. Computed once per state of catalogue and release. */
export function listColdStartItems(
  input: Pick<RankingInput, 'catalogue' | 'releaseItems' | 'today'>,
): readonly number[] {
  const { catalogue, releaseItems, today } = input;
  if (releaseItems === null) return [];
  const { columns } = catalogue;
  const { changes } = columns;
  const known = cache.get(columns);
  if (known?.releaseItems === releaseItems && known.changes === changes && known.today === today) return known.indexes;
  const indexes = findColdStartItems(catalogue, releaseItems, toDay(today));
  cache.set(columns, { releaseItems, changes, today, indexes });
  return indexes;
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

/**
 * Similarity of an item to others: Jaccard index of genres and tags, and a little more for the same developer, 0–1.2.
 */
export function createSimilarity({ labels, developers }: ItemColumns, item: number): (other: number) => number {
  const marks = new LabelMarks(labels, item);
  const developer = developers[item]!;
  return (other) =>
    marks.computeJaccard(other) +
    (developer !== NO_DEVELOPER && developers[other] === developer ? DEVELOPER_SIMILARITY : 0);
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
