import { expect, test } from 'vitest';
import { createColumns, type DescribedCandidate, describeCandidates } from '../../tests/candidate-features.ts';
import { ACTIONS, DEFAULT_SETTINGS } from '../contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../contracts/context.ts';
import type { Item } from '../contracts/item.ts';
import { EMPTY_USER_STATE, type UserState } from '../contracts/signals.ts';
import { type ItemScore, Statistics } from '../contracts/statistics.ts';
import type { ItemColumns } from './item-columns.ts';
import {
  computeExpectedUtilities,
  encodeFeatures,
  FEATURES,
  FEATURES_HASH,
  packFeatures,
  unpackFeatures,
  writePosition,
} from './ranking.ts';
import { computeRequestFeatures } from './request-features.ts';
import { createSeededRng } from './rng.ts';
import { StatisticsColumns } from './statistics-columns.ts';

const item = (changes: Partial<Item> = {}): Item => ({
  itemId: 'g1',
  title: 'Game',
  genres: ['Strategy'],
  tags: ['Naval'],
  developer: 'Harbour',
  releaseDate: '2026-01-02',
  price: 20,
  currency: null,
  ageRating: null,
  platforms: ['linux'],
  coverUrl: null,
  hidden: false,
  ...changes,
});
type Candidate = Omit<DescribedCandidate, 'itemId'> & { item: Item };
const candidate = (changes: Partial<Candidate> = {}): Candidate => ({ item: item(), prior: 0.5, ...changes });
const own = item({ itemId: 'own', price: 10 });
const user = {
  ...EMPTY_USER_STATE,
  history: [{ itemId: 'own', weight: 1, ageDays: 1, strongestType: 'play' }],
  played: ['own'],
};
const readPopular = (columns: ItemColumns, ...popular: ItemScore[]) =>
  new StatisticsColumns(
    columns,
    Statistics.parse({ schema: 1, computedAt: '2026-03-01T00:00:00Z', popular, trending: [], bestRated: [] }),
  );
const encode = (candidates: readonly Candidate[], shown: UserState['shown'] = []) => {
  const columns = createColumns([own, ...candidates.map((one) => one.item)]);
  const request = computeRequestFeatures({
    user: { ...user, shown },
    affinity: [{ genre: 'Strategy', share: 0.75 }],
    columns,
    statistics: readPopular(columns, ['first', 4], ['g1', 1]),
    context: { ...EMPTY_CONTEXT, localHour: 6, platform: 'linux' },
    today: '2026-03-03',
  });
  const described = candidates.map((one) => ({ ...one, itemId: one.item.itemId }));
  return encodeFeatures(describeCandidates(described, columns), request);
};
const read = (one: Candidate, shown: UserState['shown'] = []) => {
  const values = encode([one], shown);
  return Object.fromEntries(FEATURES.map(({ name }, at) => [name, values[at]!]));
};

test('the list is what logged slates and released models were made with', () => {
  // A change here needs a new FEATURES_VERSION or name, and makes every ranking model in use refuse to load: by intent.
  expect(FEATURES_HASH).toBe('54c217d4');
  expect(new Set(FEATURES.map(({ name }) => name)).size).toBe(FEATURES.length);
  expect(FEATURES.slice(-2).map(({ name }) => name)).toEqual(['position/row', 'position/column']);
});

test('encodes the facts about a candidate and its player', () => {
  const values = read(candidate({ sources: { retrieval: 0.5 }, retrievalRank: 2 }));
  expect(values['source/retrieval']).toBe(0.5);
  expect(values['retrieval/rank']).toBe(0.5);
  expect(values.popularity).toBe(0.5);
  expect(values['affinity/genres']).toBeCloseTo(0.75, 2);
  expect(values['affinity/tags']).toBe(1);
  expect(values['developer/known']).toBe(1);
  expect(values['series/known']).toBe(1);
  // All labels are those of the last game.
  expect(values['affinity/last']).toBe(1);
  expect(values['player/idle']).toBeCloseTo(Math.log(2) / Math.log(366), 2);
  // The only impression of a similar game led to an interaction.
  expect(values['affinity/lift']).toBeGreaterThan(0);
  expect(read(candidate({ item: item({ title: 'Another', tags: ['Farming'] }) }))).toMatchObject({
    'series/known': 0,
    'affinity/last': expect.closeTo(1 / 3, 2),
    'affinity/lift': expect.closeTo(Math.tanh(Math.atanh(values['affinity/lift']!) / 2), 2),
  });
  // 60 days old.
  expect(values.freshness).toBeCloseTo(Math.exp(-1), 2);
  expect(values['price/relative']).toBeCloseTo(Math.tanh(Math.log(21 / 11)), 2);
  expect(values['player/long-plays']).toBe(1);
  const shown = [{ itemId: 'g1', times: 9, passedOver: 4 }];
  expect(read(candidate(), shown)['passed-over']).toBeCloseTo(Math.log(5) / Math.log(21), 2);
  expect(values['hour/sine']).toBeCloseTo(1);
  expect(values['platform/match']).toBe(1);
  expect(read(candidate({ item: item({ platforms: ['windows'] }) }))['platform/match']).toBe(-1);
  expect(read(candidate({ item: item({ price: 0 }) }))['price/free']).toBe(1);
});

test('features of an item follow its changes, the statistics and the day', () => {
  const columns = createColumns([item()]);
  const popular = readPopular(columns, ['g1', 1]);
  const readAt = (today: string, statistics = popular) => {
    const input = { user, affinity: [], columns, statistics, context: EMPTY_CONTEXT, today };
    const values = encodeFeatures(
      describeCandidates([{ itemId: 'g1', prior: 0 }], columns),
      computeRequestFeatures(input),
    );
    return Object.fromEntries(FEATURES.map(({ name }, at) => [name, values[at]!]));
  };
  expect(readAt('2026-01-02')).toMatchObject({ freshness: 1, popularity: 1, 'price/free': 0 });
  expect(readAt('2026-01-02')).toMatchObject({ freshness: 1, popularity: 1, 'price/free': 0 });
  expect(readAt('2026-03-03').freshness).toBeCloseTo(Math.exp(-1), 2);
  columns.put(item({ price: 0 }));
  expect(readAt('2026-03-03')['price/free']).toBe(1);
  expect(readAt('2026-03-03', new StatisticsColumns(columns, null)).popularity).toBe(0);
  expect(readAt('2026-03-03').popularity).toBe(1);
});

test('keeps every value within its range, whatever the catalogue contains', () => {
  const odd = [
    item({ price: 1e6, releaseDate: '0001-01-01' }),
    item({ price: null, releaseDate: null, developer: null, genres: [], tags: [] }),
    item({ releaseDate: '9999-12-31', genres: Array(64).fill('Strategy') }),
    item({ releaseDate: 'never' }),
  ];
  const priors = [0, 1e9, Number.NaN, Number.POSITIVE_INFINITY];
  const candidates = odd.map((one, index) =>
    candidate({ item: { ...one, itemId: `odd ${index}` }, prior: priors[index]! }),
  );
  const values = encode(candidates);
  values.forEach((value, cell) => {
    const { name, range } = FEATURES[cell % FEATURES.length]!;
    expect(value >= range.min && value <= range.max, `${name}: ${value}`).toBe(true);
  });
});

test('the log gives back the values that were served, bit for bit', () => {
  const random = createSeededRng(1);
  const candidates = Array.from({ length: 200 }, (_, n) =>
    candidate({
      item: item({
        itemId: `g${n}`,
        price: 100 * random(),
        releaseDate: '2025-07-11',
        genres: random() < 0.5 ? [] : ['Strategy'],
      }),
      sources: { retrieval: random(), similar: random() ** 9 },
      retrievalRank: Math.floor(2_000 * random()),
      prior: 3 * random() ** 4,
    }),
  );
  const served = encode(candidates);
  expect(new Set(served).size).toBeGreaterThan(300);
  const logged = packFeatures(served);
  expect(logged).toHaveLength(served.length);
  expect(unpackFeatures(logged)).toEqual(served);
});

test('an entry further right or down differs only in the position features', () => {
  const row = encode([candidate()]);
  const first = row.slice();
  writePosition(first, 0, 0);
  expect(first).toEqual(row);
  writePosition(row, 3, 5);
  expect(row.slice(0, -2)).toEqual(first.slice(0, -2));
  expect([...row.slice(-2)].every((value) => value > 0 && value < 1)).toBe(true);
});

test('expected utilities follow the table, in order, and stay above zero even if everybody dismisses', () => {
  const chances = (...values: number[]) => Float32Array.from(values);
  expect(computeExpectedUtilities(chances(0.5, 0.1, 0, 0, 0))[0]).toBeCloseTo(
    0.5 + 0.1 * DEFAULT_SETTINGS.actionUtilities.play,
  );
  expect(computeExpectedUtilities(new Float32Array(3 * ACTIONS.length))).toHaveLength(3);
  const falling = [0, 0.05, 0.3, 1].map((dismissed) => computeExpectedUtilities(chances(0.1, 0, 0, 0, dismissed))[0]!);
  expect(falling).toEqual(falling.toSorted((a, b) => b - a));
  expect(new Set(falling).size).toBe(falling.length);
  expect(falling.at(-1)).toBeGreaterThan(0);
});
