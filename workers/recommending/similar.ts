// Candidates by similarity to a game: neighbours from the release in use, and cold-start items by content.

import type { Item } from '../../models/contracts/item.ts';
import type { Candidate } from './candidates.ts';
import { computeHistorySimilarity, computeItemSimilarity, listColdStartItems, scoreAtRank } from './cold-start.ts';
import type { RankingInput } from './ranking-input.ts';

/** At most this many cold-start items among an item's neighbours. */
const COLD_START_NEIGHBOURS_MAX = 3;
/** Orders equally similar items by popularity. */
const POPULARITY_WEIGHT = 0.01;

/**
 * An item's neighbours in the release, mixed with the most similar cold-start items; by content only if the release has
 * no neighbours.
 */
export function retrieveSimilar(input: RankingInput, to: Item): Candidate[] {
  const neighbours = input.neighboursOf(to.itemId).flatMap(([itemId, score]) => {
    const item = input.catalogue.get(itemId);
    return item === undefined ? [] : [{ item, score, reason: `Goes with ${to.title}` }];
  });
  if (neighbours.length === 0) return retrieveByContent(input, to);
  const scores = neighbours.map(({ score }) => score);
  const coldStart = listColdStartItems(input)
    .map((item) => ({ item, similarity: computeItemSimilarity(item, to) }))
    .filter(({ similarity }) => similarity > 0)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, COLD_START_NEIGHBOURS_MAX)
    .map(({ item, similarity }) => ({
      item,
      score: scoreAtRank(scores, similarity),
      reason: `Similar to ${to.title}`,
    }));
  return coldStart.length === 0 ? neighbours : [...neighbours, ...coldStart].sort((a, b) => b.score - a.score);
}

/** Cold-start items, the most similar to the player's history first. */
export const retrieveColdStart = (input: RankingInput): Candidate[] =>
  listColdStartItems(input)
    .map((item) => ({ item, score: computeHistorySimilarity(item, input), reason: 'Similar to what you played' }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);

function retrieveByContent({ catalogue, popularity }: RankingInput, to: Item): Candidate[] {
  const candidates: Candidate[] = [];
  for (const item of catalogue.values()) {
    if (item.itemId === to.itemId) continue;
    const similarity = computeItemSimilarity(item, to);
    if (similarity === 0) continue;
    const score = similarity + POPULARITY_WEIGHT * (popularity.get(item.itemId) ?? 0);
    candidates.push({ item, score, reason: `Similar to ${to.title}` });
  }
  return candidates.sort((a, b) => b.score - a.score);
}
