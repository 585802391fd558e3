// Orders the items that a text search found for one player. A pure function; finding them is storage's work.

import { findFilterReason } from '../recommending/filter.ts';
import { createOwnGameFilters } from '../recommending/filters.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { searchByTrigrams } from '../recommending/search.ts';

/** Items from each of the two searches, at most. */
export const FOUND_MAX = 200;
/** The last item with every word of the query scores just above this; the first one scores 1. */
const SIMILAR_SCORE_MAX = 0.5;
/** The player's first preference gains this share of its score: relevance leads. */
const PREFERENCE_WEIGHT = 0.5;

/**
 * `itemIds`: items with every word of the query, best first. Items with similar words follow; filters apply to both.
 */
export function rankFound(
  input: RankingInput,
  query: string,
  itemIds: readonly string[],
): { itemId: string; score: number }[] {
  const { catalogue, popularity } = input;
  const relevance = new Map(itemIds.map((itemId, rank) => [itemId, 1 - (SIMILAR_SCORE_MAX * rank) / FOUND_MAX]));
  for (const { item, score } of searchByTrigrams(catalogue, popularity, query).slice(0, FOUND_MAX))
    if (!relevance.has(item.itemId)) relevance.set(item.itemId, SIMILAR_SCORE_MAX * Math.min(1, score));
  const filters = createOwnGameFilters(input);
  const preferenceFor = createPreference(input);
  return [...relevance]
    .flatMap(([itemId, score]) => {
      const item = catalogue.get(itemId);
      const isShown = item !== undefined && findFilterReason(item, filters) === undefined;
      return isShown ? [{ itemId, score: score * (1 + PREFERENCE_WEIGHT * preferenceFor(itemId)) }] : [];
    })
    .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
}

/** The model's score relative to the player's best, 0–1; without a model's score, popularity. */
function createPreference({ modelScores, popularity }: RankingInput): (itemId: string) => number {
  if (modelScores === null) return (itemId) => popularity.get(itemId) ?? 0;
  const { itemIds, scores } = modelScores;
  const best = scores.reduce((most, score) => Math.max(most, score), 0) || 1;
  const itemIndices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  return (itemId) => Math.max(0, (scores[itemIndices.get(itemId) ?? -1] ?? 0) / best);
}
