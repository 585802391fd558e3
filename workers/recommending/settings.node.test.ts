// Each setting changes what it says and nothing else; the tests beside this one run with the defaults.

import { expect, test } from 'vitest';
import { ACTIONS, AlgorithmSettings, DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_USER_STATE, type UserState } from '../../models/contracts/signals.ts';
import { createRng } from '../../models/features/rng.ts';
import { createItem, createRankingInput, getItem, itemIds } from '../../tests/ranking-input.ts';
import type { RankingInput } from './ranking-input.ts';
import { composeGallery, type Page, recommend } from './recommend.ts';

/** Each game is a series of its own. */
const items = itemIds.map((itemId, index) => ({ ...createItem(index), title: `${itemId} the Game` }));
const createInput = (settings: Partial<AlgorithmSettings>, changes: Partial<RankingInput>) =>
  createRankingInput({ settings: { ...DEFAULT_SETTINGS, ...settings }, ...changes }, items);
const compose = (settings: Partial<AlgorithmSettings>, changes: Partial<RankingInput> = {}, length = 12) =>
  composeGallery(createInput(settings, changes), length);
const list = async (settings: Partial<AlgorithmSettings>, changes: Partial<RankingInput> = {}) =>
  (await recommend(createInput(settings, changes), 12)).items.map(({ itemId }) => itemId);
const pickedIds = ({ topPicks, ranking }: Page) => topPicks.map(({ candidate }) => getItem(ranking, candidate).itemId);
const kinds = ({ rows }: Page) => rows.map(({ id }) => id);
const mapLists = (lists: Record<string, number[]>) =>
  Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, list.map((index, rank) => [`g${index}`, 9 - rank])]),
  );
const isPopular = (itemId: string) => Number(itemId.slice(1)) < 30;

test('the utilities of actions decide which of two games leads', async () => {
  // The first candidate is played and the second bought.
  const predictActions: RankingInput['predictActions'] = async (_, candidates) => {
    const probabilities = new Float32Array(candidates * ACTIONS.length).fill(0.01);
    probabilities[ACTIONS.indexOf('play')] = 0.3;
    probabilities[ACTIONS.length + ACTIONS.indexOf('purchase')] = 0.3;
    return probabilities;
  };
  const { actionUtilities } = DEFAULT_SETTINGS;
  const [, second] = await list({}, { predictActions });
  const [first] = await list({ actionUtilities: { ...actionUtilities, play: 9 } }, { predictActions });
  expect(first).toBe(second);
});

test('without weights of similarity and calibration the order is that of the scores', async () => {
  // The strategy games lead.
  const scores = Float32Array.from(itemIds, (_, index) => 1 - index / 1_000 - (index % 2) / 4);
  const modelScores = { itemIds, scores };
  const byScore = Array.from({ length: 12 }, (_, index) => `g${2 * index}`);
  const plain = { similarityWeight: 0, calibrationWeight: 0 };
  const affinity = [{ genre: 'Racing', share: 0.1 }];
  expect(await list(plain, { modelScores, affinity })).toEqual(byScore);
  expect((await list({ ...plain, similarityWeight: 1 }, { modelScores, affinity }))[1]).toBe('g1');
  expect((await list({ ...plain, calibrationWeight: 10 }, { modelScores, affinity }))[1]).toBe('g1');
});

test('the share of shuffled answers is the setting, and their propensities follow it', async () => {
  const countShuffled = async (shuffleShare: number) => {
    let shuffled = 0;
    for (let n = 0; n < 300; n++) {
      const { topPicks } = await compose({ shuffleShare }, { random: createRng(`answer ${n}`) }, 6);
      const [{ shuffled: isShuffled }] = topPicks as [Page['topPicks'][number]];
      const kept = 1 - shuffleShare + shuffleShare / 6;
      if (isShuffled) shuffled++;
      else for (const { propensity } of topPicks) expect(propensity).toBeCloseTo(kept, 12);
    }
    return shuffled;
  };
  expect(await countShuffled(0)).toBe(0);
  // Standard deviation 8.7.
  expect(Math.abs((await countShuffled(0.5)) - 150)).toBeLessThan(36);
});

test('without ranks of fatigue a game that was passed over stays where it was', async () => {
  const before = await list({});
  const user: UserState = {
    ...EMPTY_USER_STATE,
    shown: before.slice(0, 3).map((itemId) => ({ itemId, times: 60, passedOver: 3 })),
  };
  expect(await list({ fatigueRanks: 0 }, { user })).toEqual(before);
  expect(await list({}, { user })).not.toEqual(before);
});

test('popular games take at most their share of the first row, which is full all the same', async () => {
  const popular = Array.from({ length: 30 }, (_, index): [string, number] => [`g${index}`, 100 - index]);
  const statistics = { ...createRankingInput().statistics!, popular };
  const count = (page: Page) => pickedIds(page).filter(isPopular).length;
  const random = () => 0.5;
  expect(count(await compose({}, { statistics, random }))).toBeGreaterThan(6);
  for (const [popularityCap, most] of [
    [0.25, 3],
    [0.1, 1],
    [0, 0],
  ] as const) {
    const page = await compose({ popularityCap }, { statistics, random });
    expect(count(page)).toBe(most);
    expect(page.topPicks).toHaveLength(12);
  }
  // All sixty games are popular.
  expect((await compose({ popularityCap: 0 })).topPicks).toHaveLength(12);
});

test('a page has the kinds of rows that the setting lists, in its order, and repeats no game', async () => {
  const user: UserState = {
    ...EMPTY_USER_STATE,
    history: [{ itemId: 'g3', weight: 1, ageDays: 1, strongestType: 'play' }],
  };
  const affinity = [{ genre: 'Racing', share: 1 }];
  const before = await compose({}, { user, affinity }, 5);
  expect(kinds(before)).toContain('because-g3');
  const page = await compose({ rows: ['trending', 'genre', 'top-picks', 'best-rated'] }, { user, affinity }, 5);
  // The three trending games are no row beside top picks that have them already.
  expect(kinds(page)).toEqual(['trending', 'genre-Racing', 'top-picks', 'best-rated']);
  expect(page.rows[2]!.items.map(({ itemId }) => itemId)).toEqual(pickedIds(before));
  const shown = page.rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
  expect(new Set(shown).size).toBe(shown.length);
});

test('the row above has the first pick of games that two rows want', async () => {
  const lists = { trending: [50, 51, 52], bestRated: [52, 51, 50] };
  const statistics = { ...createRankingInput().statistics!, ...mapLists(lists) };
  const list = async (rows: AlgorithmSettings['rows']) => kinds(await compose({ rows }, { statistics }, 5));
  expect(await list(['top-picks', 'trending', 'best-rated'])).toEqual(['top-picks', 'trending']);
  expect(await list(['top-picks', 'best-rated', 'trending'])).toEqual(['top-picks', 'best-rated']);
});

test('rows without the top picks are refused', () => {
  const parse = (rows: unknown) => AlgorithmSettings.partial().safeParse({ rows }).success;
  expect(parse(['trending'])).toBe(false);
  expect(parse(['trending', 'top-picks'])).toBe(true);
  expect(parse(null)).toBe(true);
});
