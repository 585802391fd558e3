// The recommendation handlers as plain functions: no HTTP, no storage, no clock except the budget's.

import { expect, test } from 'vitest';
import { Explanation } from '../../models/contracts/gallery.ts';
import { NO_NEIGHBOURS } from '../../models/contracts/neighbours.ts';
import { makeKeyCaller, makePlayerCaller } from '../../tests/caller.ts';
import { createItem, createRankingInput } from '../../tests/ranking-input.ts';
import { explainItems } from '../recommending/explain.ts';
import { composeGallery, type Page } from '../recommending/recommend.ts';
import { Budget } from '../serving/budget.ts';
import type { Answer } from '../serving/hydrate.ts';
import type { Caller } from './caller.ts';
import { getSimilar } from './lists.ts';
import { getGallery, getRecommendations } from './recommendations.ts';
import { getSearch } from './search.ts';

const input = createRankingInput();
const answer: Answer = {
  recommendationId: 'r1',
  tier: 'statistics',
  release: null,
  generatedAt: '2026-02-01T00:00:00Z',
  dataUntil: null,
  degraded: [],
  experiments: [],
};
const params = { userId: 'ann' };
const key: Caller = makeKeyCaller(['read', 'ingest']);
const player: Caller = makePlayerCaller('ann');
const deadline = { deadlineMs: 1_000 };

function openRecommender(hydrated = { answer, input }) {
  const recorded: unknown[] = [];
  return {
    recorded,
    readRequest: ({ deadlineMs }: { deadlineMs: number }, userId?: string) => ({
      userId,
      context: input.context,
      budget: new Budget(deadlineMs),
    }),
    hydrate: async () => ({ ...hydrated, missing: undefined, isUnknownUser: false, isCold: false }) as never,
    recordAnswer: (...answers: unknown[]) => void recorded.push(answers),
  };
}

test('a composed page is counted, and logged unless explanations are requested', async () => {
  const recommender = openRecommender();
  const page = await composeGallery(input, 3);
  const policies: unknown[] = [];
  const answerGallery = async (_: object, __: number, options?: { policy?: string | undefined }) => {
    policies.push(options?.policy);
    return { answer, input, rows: page.rows, page };
  };
  const get = (query: { policy: 'full' | 'retrieval'; explain?: { itemIds: string[] | undefined }; expand?: 'item' }) =>
    getGallery({ params, query: { n: 3, ...deadline, ...query }, caller: key }, { ...recommender, answerGallery });

  const plain = await get({ policy: 'full', expand: 'item' });
  expect(plain.rows[0]!.items[0]!.item!.title).toMatch(/^Game /);
  expect(plain).not.toHaveProperty('explain');
  const explained = await get({ policy: 'retrieval', explain: { itemIds: ['g1'] } });
  expect(explained.explain).toMatchObject([{ itemId: 'g1' }]);
  expect(explained.rows[0]!.items[0]).not.toHaveProperty('item');
  expect(recommender.recorded).toEqual([
    [
      'gallery',
      { answer, isEmpty: false, shown: { request: expect.objectContaining({ userId: 'ann' }), page, exposures: [] } },
    ],
    ['gallery', { answer, isEmpty: false, shown: undefined }],
  ]);
  expect(policies).toEqual(['full', 'retrieval']);
});

test('a player’s token gets no explanation and no baseline page', async () => {
  const recommender = {
    ...openRecommender(),
    answerGallery: async () => ({ answer, input, rows: [] }),
    answerRecommendations: async () => ({ answer, input, items: [] }),
  };
  const gallery = (caller: Caller, query: { policy: 'full' | 'retrieval'; explain?: { itemIds: undefined } }) =>
    getGallery({ params, query: { n: 3, ...deadline, ...query }, caller }, recommender);
  const picks = (caller: Caller, query: { explain?: { itemIds: undefined } } = {}) =>
    getRecommendations({ params, query: { n: 3, offset: 0, ...deadline, ...query }, caller }, recommender);
  const explain = { itemIds: undefined };

  const refused = { kind: 'forbidden' };
  await expect(gallery(player, { policy: 'full', explain })).rejects.toMatchObject(refused);
  await expect(gallery(player, { policy: 'retrieval' })).rejects.toMatchObject(refused);
  await expect(picks(player, { explain })).rejects.toMatchObject(refused);
  expect(recommender.recorded).toEqual([]);
  await Promise.all([gallery(player, { policy: 'full' }), gallery(key, { policy: 'retrieval', explain })]);
  await Promise.all([picks(player), picks(key, { explain })]);
  expect(recommender.recorded).toHaveLength(4);
});

test('an empty page names what emptied it only if it was composed', async () => {
  const preferences = { ...input.user.preferences, mutedGenres: ['Strategy', 'Racing'] };
  const muting = { ...input, user: { ...input.user, preferences } };
  const page = await composeGallery(muting, 3);
  const get = (content: { page?: Page }) =>
    getGallery(
      { params, query: { n: 3, ...deadline, policy: 'full' }, caller: key },
      { ...openRecommender(), answerGallery: async () => ({ answer, input: muting, rows: [], ...content }) },
    );
  expect(page.rows).toEqual([]);
  expect((await get({ page })).emptiedBy).toEqual(['mutedGenres']);
  // Composition has failed, and there are no statistics.
  expect(await get({})).not.toHaveProperty('emptiedBy');
});

test('a propensity includes the randomness of exploration, and the API returns it', async () => {
  const page = await composeGallery(input, 12);
  const [first] = explainItems([page.rows[0]!.items[0]!.itemId], page, input);
  expect(first!.propensity).toBeGreaterThan(0.9);
  expect(first!.propensity).toBeLessThan(1);
  const { description } = Explanation.shape.propensity.meta()!;
  expect(description).toContain('over the random draws of exploration');
});

test('an invisible item has no neighbours; before the catalogue is read, the list is unavailable', async () => {
  const get = (recommender: ReturnType<typeof openRecommender>, itemId: string) =>
    getSimilar({ params: { itemId }, query: { n: 2, ...deadline } }, recommender);
  const found = openRecommender();
  expect(await get(found, 'g1')).toMatchObject({ tier: 'statistics', items: [{}, {}] });
  expect(found.recorded).toHaveLength(1);
  await expect(get(found, 'gone')).rejects.toMatchObject({ kind: 'not-found' });
  const cold = openRecommender({
    answer: { ...answer, degraded: [{ step: 'catalogue', reason: 'D1 is down' }] },
    input: createRankingInput({}, []),
  });
  await expect(get(cold, 'g1')).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a search answers even if full text and recording fail, and names both', async () => {
  const recommender = openRecommender();
  const events: object[] = [];
  const searcher = (isDown: boolean) => ({
    ...recommender,
    hydrateIdentified: recommender.hydrate,
    searchItems: async () => (isDown ? Promise.reject(new Error('D1 is down')) : ['g7']),
    storeEvent: async (event: object) => (isDown ? Promise.reject(new Error('queue is down')) : events.push(event)),
  });
  const get = (isDown: boolean, record: 'true' | 'false', q = 'Game 12') =>
    getSearch({ params, query: { n: 3, q, record, ...deadline }, caller: key }, searcher(isDown));

  const found = await get(false, 'true');
  expect(found.degraded).toEqual([]);
  expect(found.items.slice(0, 2).map(({ itemId }) => itemId)).toEqual(['g7', 'g12']);
  expect(events).toMatchObject([{ userId: 'ann', type: 'search', query: 'Game 12' }]);
  await get(false, 'false');
  expect(events).toHaveLength(1);
  const degraded = await get(true, 'true');
  expect(degraded.degraded).toEqual([
    { step: 'search', reason: 'D1 is down' },
    { step: 'search-event', reason: 'queue is down' },
  ]);
  expect(degraded.items[0]!.itemId).toBe('g12');

  // The player's own search is a signal unless the game says otherwise.
  const query = { n: 3, q: 'Game 12', ...deadline };
  await getSearch({ params, query, caller: player }, searcher(false));
  expect(events).toHaveLength(2);
  await getSearch({ params, query: { ...query, record: 'false' }, caller: player }, searcher(false));
  expect(events).toHaveLength(2);
});

test('similar items are retrieved once, even if the answer is short', async () => {
  const items = Array.from({ length: 60 }, (_, index) => createItem(index));
  let asked = 0;
  const neighboursOf = () => {
    asked++;
    return NO_NEIGHBOURS;
  };
  const short = openRecommender({ answer, input: createRankingInput({ neighboursOf }, items) });
  for (const n of [3, 100]) {
    asked = 0;
    const similar = await getSimilar({ params: { itemId: 'g4' }, query: { n, ...deadline } }, short);
    expect(similar.items.length).toBeGreaterThan(0);
    // Once for the tier.
    expect(asked, `n=${n}`).toBe(2);
  }
});
