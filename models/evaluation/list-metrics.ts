// Metrics of all players' lists together: how much of the catalogue they show, and how little known the shown items
// are. They do not measure relevance.

import type { Interactions } from '../data/interactions.ts';
import type { Ranking } from './ranking.ts';

export interface ListMetrics {
  /** Share of the catalogue that is in at least one list, 0–1. */
  'coverage@10': number;
  /**
   * Mean over all list entries of −log2 of the share of players who have the item, in bits; an item without players
   * counts as having one.
   */
  'novelty@10': number;
}

export interface Shown {
  lists: Ranking['lists'];
  /** The vocabulary that the lists' item indices refer to. */
  itemIds: readonly string[];
  /** The interactions that players are counted in. */
  training: Interactions;
  /** Number of items that could be shown. */
  catalogueSize: number;
}

/**
 * Novelty is the mean self-information of Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of
 * recommender systems".
 */
export function computeListMetrics({ lists, itemIds, training, catalogueSize }: Shown): ListMetrics {
  const { users, counts } = countPlayers(training);
  const bits = itemIds.map((itemId) => -Math.log2(Math.max(1, counts.get(itemId) ?? 0) / users));
  const shown = lists.filter((item) => item >= 0);
  const sum = shown.reduce((total, item) => total + bits[item]!, 0);
  return {
    'coverage@10': catalogueSize === 0 ? 0 : new Set(shown).size / catalogueSize,
    'novelty@10': shown.length === 0 ? 0 : sum / shown.length,
  };
}

/** The number of players with interactions, in all and by item id. */
function countPlayers({ itemIds, items, starts, ends }: Interactions) {
  const players = new Int32Array(itemIds.length);
  let users = 0;
  starts.forEach((start, user) => {
    if (ends[user]! > start) users++;
    for (let row = start; row < ends[user]!; row++) players[items[row]!]!++;
  });
  return { users, counts: new Map(itemIds.map((itemId, item) => [itemId, players[item]!])) };
}
