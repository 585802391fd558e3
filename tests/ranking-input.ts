// A ranking input for tests: sixty items, the even ones of the genre Strategy, the odd ones Racing.

import { DEFAULT_SETTINGS } from '../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../models/contracts/context.ts';
import type { Item } from '../models/contracts/item.ts';
import { type Neighbours, NO_NEIGHBOURS } from '../models/contracts/neighbours.ts';
import { EMPTY_USER_STATE } from '../models/contracts/signals.ts';
import type { ItemScore } from '../models/contracts/statistics.ts';
import type { RankingInput } from '../workers/recommending/ranking-input.ts';
import type { Ranking } from '../workers/recommending/recommend.ts';
import { Catalogue } from '../workers/storage/catalogue.ts';
import { makeItem } from './item.ts';

export const createItem = (index: number): Item =>
  makeItem(`g${index}`, {
    title: `Game ${index}`,
    genres: [index % 2 === 0 ? 'Strategy' : 'Racing'],
    tags: index % 4 === 0 ? ['Naval'] : [],
    releaseDate: `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
  });
/** The item of a candidate. */
export const getItem = ({ candidates: { columns, indexes } }: Pick<Ranking, 'candidates'>, candidate: number): Item =>
  columns.read(indexes[candidate]!)!;

export const itemIds = Array.from({ length: 60 }, (_, index) => `g${index}`);

/** Neighbours as in a release with these items only, nearest first. */
export const toNeighbours = (scores: readonly ItemScore[]): Neighbours => ({
  itemIds: scores.map(([itemId]) => itemId),
  positions: Int32Array.from(scores.keys()),
  weights: Float32Array.from(scores, ([, weight]) => weight),
});

/** `items`: the catalogue, by default the sixty items. */
export function createRankingInput(
  changes: Partial<RankingInput> = {},
  items: readonly Item[] = itemIds.map((_, index) => createItem(index)),
): RankingInput {
  const catalogue = new Catalogue();
  for (const item of items) catalogue.apply({ itemId: item.itemId, revision: 1, item });
  const popular = itemIds.map((itemId, index): [string, number] => [itemId, 100 - index]);
  return {
    settings: DEFAULT_SETTINGS,
    catalogue,
    statistics: {
      schema: 1,
      computedAt: '2026-02-01T00:00:00Z',
      popularUntil: '2026-02-01',
      popular,
      trending: [
        ['g50', 3],
        ['g51', 2],
        ['g52', 1],
      ],
      bestRated: [
        ['g40', 4.8],
        ['g41', 4.7],
        ['g42', 4.6],
      ],
      trendingByCountry: {},
      popularByCountry: {},
      ownPopularByCountry: {},
      hiddenGems: [],
    },
    user: EMPTY_USER_STATE,
    affinity: [],
    modelScores: null,
    releaseItems: null,
    neighboursOf: () => NO_NEIGHBOURS,
    context: EMPTY_CONTEXT,
    rules: [],
    predictActions: null,
    random: () => 0.5,
    today: '2026-02-01',
    ...changes,
  };
}
