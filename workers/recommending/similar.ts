// Candidates by similarity to a game: neighbours from the release in use, and cold-start items by content.

import { type ItemColumns, NO_DEVELOPER } from '../../models/features/item-columns.ts';
import { LabelMarks } from '../../models/features/label-marks.ts';
import { type ColdStart, readColdStartItems, scoreAtRank } from './cold-start.ts';
import { DEVELOPER_SIMILARITY } from './cold-start-items.ts';
import { readVocabulary } from './model-source.ts';
import { orderByScore, selectBest } from './order-by-score.ts';
import type { RankingInput } from './ranking-input.ts';
import type { ShownItem, Source } from './source.ts';
import { readStatistics } from './sources.ts';

/** At most this many cold-start items among an item's neighbours. */
const COLD_START_NEIGHBOURS_MAX = 3;
/** Orders equally similar items by popularity. */
const POPULARITY_WEIGHT = 0.01;

/**
 * An item's neighbours in the release, mixed with the most similar cold-start items, nearest first; by content only if
 * the release has no neighbours. `to`: item index.
 */
export function listSimilar(input: RankingInput, to: number): ShownItem[] {
  const { columns } = input.catalogue;
  const title = columns.titles.read(to);
  const reason = `Goes with ${title}`;
  const { itemIds, positions, weights } = input.neighboursOf(columns.ids[to]!);
  const vocabulary = readVocabulary(columns, itemIds);
  const neighbours: ShownItem[] = [];
  for (let at = 0; at < positions.length; at++) {
    const index = vocabulary[positions[at]!]!;
    if (columns.isVisible[index] === 1) neighbours.push({ index, score: weights[at]!, reason });
  }
  if (neighbours.length === 0) return listByContent(input, to);
  const scores = neighbours.map(({ score }) => score);
  const items = readColdStartItems(input);
  const similarities = items.compareWith([{ index: to, weight: 1 }]);
  const coldStart = selectBest(similarities, COLD_START_NEIGHBOURS_MAX)
    .filter((position) => similarities[position]! > 0)
    .map((position) => ({
      index: items.indexes[position]!,
      score: scoreAtRank(scores, similarities[position]!),
      reason: `Similar to ${title}`,
    }));
  return coldStart.length === 0 ? neighbours : [...neighbours, ...coldStart].sort((a, b) => b.score - a.score);
}

/** Cold-start items, the most similar to the player's history first. */
export function retrieveColdStart({ items, similarities }: ColdStart): Source {
  const order = orderByScore(similarities);
  return (visit) =>
    order.every((position) => {
      const similarity = similarities[position]!;
      return similarity === 0 || visit(items.indexes[position]!, similarity, 'Similar to what you played');
    });
}

function listByContent(input: RankingInput, to: number): ShownItem[] {
  const { columns } = input.catalogue;
  const { popularity } = readStatistics(input);
  const { ids } = columns;
  const reason = `Similar to ${columns.titles.read(to)}`;
  const computeSimilarity = createSimilarity(columns, to);
  const similar: ShownItem[] = [];
  for (let index = 0; index < columns.length; index++) {
    if (index === to || columns.isVisible[index] !== 1) continue;
    const similarity = computeSimilarity(index);
    if (similarity > 0) similar.push({ index, score: similarity + POPULARITY_WEIGHT * popularity[index]!, reason });
  }
  // By id, since isolates number the items differently, and each may answer the next page of a list.
  return similar.sort((a, b) => b.score - a.score || (ids[a.index]! < ids[b.index]! ? -1 : 1));
}

/** Similarity of an item to others, as `ColdStartItems` computes it: 0–1.2. */
function createSimilarity({ labels, developers }: ItemColumns, item: number): (other: number) => number {
  const marks = new LabelMarks(labels, item);
  const developer = developers[item]!;
  return (other) =>
    marks.computeJaccard(other) +
    (developer !== NO_DEVELOPER && developers[other] === developer ? DEVELOPER_SIMILARITY : 0);
}
