// What the lists of all players are like together: how much of the catalogue they show, and how little known it is. They
// say nothing about whether it is wanted.

import type { Interactions } from '../data/interactions.ts';
import type { Ranking } from './ranking.ts';

export interface ListMetrics {
  /** Share of the catalogue that is in at least one list. */
  'coverage@10': number;
  /** Mean over all that is shown of −log2 of the share of players who chose it, in bits; one that nobody chose counts as one's. */
  'novelty@10': number;
}

export interface Shown {
  lists: Ranking['lists'];
  /** What the places in the lists are. */
  itemIds: readonly string[];
  /** Where the players' choices are counted. */
  training: Interactions;
  /** Items that could be shown. */
  catalogueSize: number;
}

/** Novelty is the mean self-information of Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems". */
export function computeListMetrics({ lists, itemIds, training, catalogueSize }: Shown): ListMetrics {
  const { users, counts } = countChoices(training);
  const bits = itemIds.map((itemId) => -Math.log2(Math.max(1, counts.get(itemId) ?? 0) / users));
  const shown = lists.filter((place) => place >= 0);
  const sum = shown.reduce((total, place) => total + bits[place]!, 0);
  return {
    'coverage@10': catalogueSize === 0 ? 0 : new Set(shown).size / catalogueSize,
    'novelty@10': shown.length === 0 ? 0 : sum / shown.length,
  };
}

/** Players who chose anything, and of each item how many. */
function countChoices({ itemIds, items, starts, ends }: Interactions) {
  const ofPlace = new Int32Array(itemIds.length);
  let users = 0;
  starts.forEach((start, user) => {
    if (ends[user]! > start) users++;
    for (let row = start; row < ends[user]!; row++) ofPlace[items[row]!]!++;
  });
  return { users, counts: new Map(itemIds.map((itemId, place) => [itemId, ofPlace[place]!])) };
}
