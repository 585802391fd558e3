// Golden rows: features of fixed candidates for fixed players, computed from raw events, so that a change of any
// constant on the way (weights, affinity, lift, user state) is noticed. FEATURES_HASH, which names the file, does not
// cover those.

import { expect, test } from 'vitest';
import { createColumns, type DescribedCandidate, describeCandidates } from '../../tests/candidate-features.ts';
import { EMPTY_CONTEXT, type RequestContext } from '../contracts/context.ts';
import type { EventType } from '../contracts/event.ts';
import type { Item } from '../contracts/item.ts';
import { EMPTY_PREFERENCES } from '../contracts/preferences.ts';
import { EMPTY_USER_STATE, type SignalEvent, type UserState } from '../contracts/signals.ts';
import type { Statistics } from '../contracts/statistics.ts';
import { computeGenreAffinity } from './affinity.ts';
import { encodeFeatures, FEATURES, FEATURES_HASH } from './ranking.ts';
import { computeRequestFeatures } from './request-features.ts';
import { emptySignals, foldEvents } from './signals.ts';
import { StatisticsColumns } from './statistics-columns.ts';
import { deriveUserState } from './user-state.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 2, 1);

const createItem = (itemId: string, title: string, genres: string, tags: string, price: number | null): Item => ({
  itemId,
  title,
  genres: genres.split(' ').filter(Boolean),
  tags: tags.split(' ').filter(Boolean),
  developer: `Studio ${genres[0] ?? 'none'}`,
  releaseDate: `2025-${String((title.length % 12) + 1).padStart(2, '0')}-15`,
  price,
  currency: null,
  ageRating: null,
  platforms: price === null ? [] : ['windows'],
  coverUrl: null,
  hidden: false,
});
const catalogue = new Map(
  [
    createItem('viewed', 'Iron Tide', 'Strategy', 'Naval Slow', 30),
    createItem('clicked', 'Iron Tide 2', 'Strategy War', 'Naval', 40),
    createItem('wishlisted', 'Drift', 'Racing', 'Fast', 20),
    createItem('liked', 'Puzzle Box', 'Puzzle', 'Slow Calm', 5),
    createItem('bought', 'Harvest', 'Farming', 'Calm', 15),
    createItem('played', 'Deep Sea', 'Strategy Farming', 'Naval Calm', 10),
    createItem('played-long', 'Long Road', 'Racing Farming', 'Fast Calm', 25),
    createItem('rated', 'Siege', 'War', 'Slow', 35),
    createItem('dismissed', 'Blitz', 'War Racing', 'Fast', 12),
    createItem('disliked', 'Blocks', 'Puzzle Farming', 'Fast', 0),
    createItem('loved', 'Harvest 2', 'Farming', 'Calm Slow', 18),
    createItem('hated', 'Noise', 'Racing Puzzle', 'Fast', 8),
    createItem('picked', 'Meadow', 'Farming Strategy', 'Calm', 9),
    createItem('shown', 'Iron Tide 3', 'Strategy', 'Naval Fast', 50),
    createItem('shown-often', 'Turbo', 'Racing', 'Fast', 45),
    createItem('unknown', 'Nothing', '', '', null),
  ].map((item) => [item.itemId, item]),
);

const createEvent = (type: EventType, itemId: string, daysAgo: number, value: number | null = null): SignalEvent => ({
  id: `${type} ${itemId} ${daysAgo}`,
  type,
  itemId,
  value,
  query: null,
  timestamp: NOW - daysAgo * DAY_MS,
});
const events = [
  createEvent('view', 'viewed', 1),
  createEvent('click', 'clicked', 2),
  createEvent('wishlist', 'wishlisted', 3),
  createEvent('like', 'liked', 4),
  createEvent('purchase', 'bought', 5),
  // Just below and above what counts as a long play.
  createEvent('play', 'played', 6, 118),
  createEvent('play', 'played-long', 7, 125),
  createEvent('rate', 'rated', 8, 4),
  createEvent('dismiss', 'dismissed', 9),
  createEvent('dislike', 'disliked', 10),
  // Beyond the bounds of an item's weight.
  createEvent('like', 'loved', 11),
  createEvent('purchase', 'loved', 12),
  createEvent('dislike', 'hated', 13),
  createEvent('dismiss', 'hated', 14),
  createEvent('impression', 'shown', 1),
  ...[1, 2, 3, 4].map((daysAgo) => createEvent('impression', 'shown-often', daysAgo)),
];

const statistics: Statistics = {
  schema: 1,
  computedAt: '2026-03-01T00:00:00Z',
  popularUntil: '2026-02-01',
  popular: [...catalogue.keys()].map((itemId, index) => [itemId, 0.7 ** index]),
  trending: [
    ['shown', 4],
    ['liked', 1],
  ],
  bestRated: [
    ['bought', 4.5],
    ['shown', 3],
  ],
  trendingByCountry: { CH: [['shown-often', 2]] },
  popularByCountry: {},
  ownPopularByCountry: {},
  hiddenGems: [],
};

const columns = createColumns(catalogue.values());
const candidates: DescribedCandidate[] = [...catalogue.keys()].map((itemId, index) => ({
  itemId,
  sources: index % 2 === 0 ? { retrieval: 1 / (1 + index), similar: 0.5 } : { search: 1 },
  retrievalRank: index % 2 === 0 ? index / 2 : undefined,
  prior: index / 10,
}));

function encodeRows(user: UserState, context: RequestContext): string {
  const request = computeRequestFeatures({
    user,
    affinity: computeGenreAffinity(user.history, columns, user.preferences.genres),
    columns,
    statistics: new StatisticsColumns(columns, statistics),
    context,
    today: '2026-03-01',
  });
  const values = encodeFeatures(describeCandidates(candidates, columns), request);
  // One line for each feature: its values for all candidates.
  return FEATURES.map(({ name }, feature) =>
    [name, ...candidates.map((_, row) => values[row * FEATURES.length + feature])].join(' '),
  ).join('\n');
}

test('features have the values that released models were trained on', async () => {
  const preferences = { ...EMPTY_PREFERENCES, genres: ['Puzzle'], items: ['picked'], popularity: 0.5 };
  const user = deriveUserState(foldEvents(emptySignals(), events).signals, preferences, NOW);
  const context = { ...EMPTY_CONTEXT, country: 'CH', platform: 'Windows', localHour: 21 };
  const rows = `${encodeRows(user, context)}\n\nwithout a history\n${encodeRows(EMPTY_USER_STATE, EMPTY_CONTEXT)}\n`;
  await expect(
    rows,
    'the values of features have changed: raise FEATURES_VERSION, which names a new file, and delete this one',
  ).toMatchFileSnapshot(`golden-rows/${FEATURES_HASH}.txt`);
});
