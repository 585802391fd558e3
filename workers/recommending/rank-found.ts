// Orders the results of a text search for one player. Pure; storage finds them.

import { removes } from './filter.ts';
import { createOwnGameFilters } from './filters.ts';
import { readVocabulary } from './model-source.ts';
import type { RankingInput } from './ranking-input.ts';
import { readStatistics, searchFor } from './sources.ts';

/** Limit per search: full text and similar words. */
export const FOUND_MAX = 200;
/** Items with every word of the query score from 1 down to just above this. */
const SIMILAR_SCORE_MAX = 0.5;
/** The player's most preferred item gains this share of its score, so that relevance dominates. */
const PREFERENCE_WEIGHT = 0.5;

/**
 * `itemIds`: items with every word of the query, best first. Items with similar words follow. Returns items to show,
 * best first, and the indexes of the items that filters removed.
 */
export function rankFound(
  input: RankingInput,
  query: string,
  itemIds: readonly string[],
): { kept: { itemId: string; score: number }[]; removed: number[] } {
  const { columns } = input.catalogue;
  const relevance = new Map(
    itemIds.map((itemId, rank) => [columns.find(itemId), 1 - (SIMILAR_SCORE_MAX * rank) / FOUND_MAX]),
  );
  for (const { index, score } of searchFor(input, query).slice(0, FOUND_MAX))
    if (!relevance.has(index)) relevance.set(index, SIMILAR_SCORE_MAX * Math.min(1, score));
  const filters = createOwnGameFilters(input);
  const preferenceFor = createPreference(input);
  const kept: { itemId: string; score: number }[] = [];
  const removed: number[] = [];
  for (const [index, score] of relevance) {
    if (index < 0) continue;
    if (removes(filters, index)) removed.push(index);
    else kept.push({ itemId: columns.ids[index]!, score: score * (1 + PREFERENCE_WEIGHT * preferenceFor(index)) });
  }
  kept.sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  return { kept, removed };
}

/** The model's score relative to the player's best, 0–1; popularity if there are no model scores. */
function createPreference(input: RankingInput): (index: number) => number {
  const { popularity } = readStatistics(input);
  if (input.modelScores === null) return (index) => popularity[index]!;
  const { itemIds, scores } = input.modelScores;
  const best = scores.reduce((most, score) => Math.max(most, score), 0) || 1;
  const preferences = new Float64Array(popularity.length);
  for (const [position, index] of readVocabulary(input.catalogue.columns, itemIds).entries())
    if (index >= 0) preferences[index] = Math.max(0, scores[position]! / best);
  return (index) => preferences[index]!;
}
