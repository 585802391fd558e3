// Orders the results of a text search for one player. Pure; storage finds them.

import type { Item } from '../../models/contracts/item.ts';
import { findFilterReason } from './filter.ts';
import { createOwnGameFilters } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { searchByTrigrams } from './search.ts';

/** Limit per search: full text and similar words. */
export const FOUND_MAX = 200;
/** Items with every word of the query score from 1 down to just above this. */
const SIMILAR_SCORE_MAX = 0.5;
/** The player's most preferred item gains this share of its score, so that relevance dominates. */
const PREFERENCE_WEIGHT = 0.5;

/**
 * `itemIds`: items with every word of the query, best first. Items with similar words follow. Returns items to show,
 * best first, and the items that filters removed.
 */
export function rankFound(
  input: RankingInput,
  query: string,
  itemIds: readonly string[],
): { kept: { itemId: string; score: number }[]; removed: Item[] } {
  const { catalogue, popularity } = input;
  const relevance = new Map(itemIds.map((itemId, rank) => [itemId, 1 - (SIMILAR_SCORE_MAX * rank) / FOUND_MAX]));
  for (const { item, score } of searchByTrigrams(catalogue, popularity, query).slice(0, FOUND_MAX))
    if (!relevance.has(item.itemId)) relevance.set(item.itemId, SIMILAR_SCORE_MAX * Math.min(1, score));
  const filters = createOwnGameFilters(input);
  const preferenceFor = createPreference(input);
  const kept: { itemId: string; score: number }[] = [];
  const removed: Item[] = [];
  for (const [itemId, score] of relevance) {
    const item = catalogue.get(itemId);
    if (item === undefined) continue;
    if (findFilterReason(item, filters) !== undefined) removed.push(item);
    else kept.push({ itemId, score: score * (1 + PREFERENCE_WEIGHT * preferenceFor(itemId)) });
  }
  kept.sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  return { kept, removed };
}

/** The model's score relative to the player's best, 0–1; popularity if there are no model scores. */
function createPreference({ modelScores, popularity }: RankingInput): (itemId: string) => number {
  if (modelScores === null) return (itemId) => popularity.get(itemId) ?? 0;
  const { itemIds, scores } = modelScores;
  const best = scores.reduce((most, score) => Math.max(most, score), 0) || 1;
  const itemIndices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  return (itemId) => Math.max(0, (scores[itemIndices.get(itemId) ?? -1] ?? 0) / best);
}
