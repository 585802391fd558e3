import { expect, it } from 'vitest';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import type { ItemScore } from '../../models/contracts/statistics.ts';
import { createItem, createRankingInput, getItem, itemIds, toNeighbours } from '../../tests/ranking-input.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { recommendList, recommendSimilar } from './lists.ts';
import { retrieveByModel } from './model-source.ts';
import { type BaselinePolicy, composeBaseline } from './policies.ts';
import type { ModelScores } from './ranking-input.ts';
import { composeGallery, recommend } from './recommend.ts';
import { listSimilar } from './similar.ts';
import { take } from './source.ts';

/** Model scores: the given item indices, best first. */
const scoresOf = (...indices: number[]): ModelScores => {
  const scores = new Float32Array(itemIds.length).fill(-1);
  indices.forEach((index, rank) => {
    scores[index] = indices.length - rank;
  });
  return { itemIds, scores };
};
/** A release's neighbours: the given item indices, nearest first. */
const weighted = (...indices: number[]): ItemScore[] => indices.map((index, rank) => [`g${index}`, 1 / (rank + 1)]);
const ids = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);

it('recommends by model score without owned, dismissed and played items, then popular items', async () => {
  const input = createRankingInput({
    modelScores: scoresOf(30, 31, 32, 33, 34),
    user: { ...EMPTY_USER_STATE, owned: ['g31'], dismissed: ['g32'], played: ['g33', 'g0'] },
  });
  expect(ids((await recommend(input, 4)).items)).toEqual(['g30', 'g34', 'g1', 'g2']);
  expect(ids((await recommend(input, 2, { genre: 'racing' })).items)).toEqual(['g1', 'g3']);
});

it('boosts the player’s genre among items of about the same score, however steep the scores', async () => {
  const affinity = [{ genre: 'Strategy', share: 1 }];
  // g32 scores half as much as g31: too little to be boosted past it.
  expect(ids((await recommend(createRankingInput({ modelScores: scoresOf(31, 32), affinity }), 2)).items)).toEqual([
    'g31',
    'g32',
  ]);
  const close = (await recommend(createRankingInput({ modelScores: scoresOf(31, 33, 35, 32, 37, 39), affinity }), 4))
    .items;
  // At half of the best score it passes two of another genre that score a third and two thirds more, but not the best.
  expect(ids(close)).toEqual(['g31', 'g32', 'g33', 'g35']);
  expect(close[1]!.reason).toContain('you like Strategy');

  // Like a softmax: each score is half of the previous one, down to a millionth. No boost reverses this order.
  const steep = { itemIds, scores: Float32Array.from(itemIds, (_, index) => 0.5 ** Math.min(20, index)) };
  const picked = ids(
    (await recommend(createRankingInput({ modelScores: steep, affinity: [{ genre: 'Racing', share: 1 }] }), 6)).items,
  );
  expect(picked).toEqual(['g0', 'g1', 'g2', 'g3', 'g4', 'g5']);
});

it('sorts all positive scores, part by part, votes as well as probabilities', async () => {
  // Sorted in three parts.
  const manyIds = Array.from({ length: 9000 }, (_, index) => `many${index}`);
  const catalogue = new Catalogue();
  manyIds.forEach((itemId, index) => {
    catalogue.apply({ itemId, revision: 1, item: { ...createItem(index), itemId } });
  });
  const noise = (index: number) => Math.abs(Math.sin(index * index));
  const kinds: ((index: number) => number)[] = [
    noise,
    (index) => Math.exp(-60 * noise(index)),
    (index) => noise(index) - 0.9,
    // Scores with few digits may be where a part ends.
    (index) => (1 + (index % 64)) / 64,
  ];
  for (const score of kinds) {
    const scores = Float32Array.from(manyIds, (_, index) => score(index));
    const source = retrieveByModel({ catalogue, modelScores: { itemIds: manyIds, scores } });
    const first = take(source, 1000);
    const found = take(source, manyIds.length);
    expect(found.slice(0, 1000)).toEqual(first);
    const positive = [...scores].filter((one) => one > 0).sort((a, b) => b - a);
    expect(found.map((candidate) => candidate.score * positive[0]!)).toEqual(
      positive.map((one) => expect.closeTo(one, 6)),
    );
  }
});

it('fills a page with rows without duplicates, each with its reason', async () => {
  const user = {
    ...EMPTY_USER_STATE,
    history: [
      { itemId: 'g5', weight: 1, ageDays: 1, playedDaysAgo: 1, strongestType: 'play' },
      { itemId: 'g7', weight: 0.1, ageDays: 0, strongestType: 'view' },
    ],
    played: ['g5'],
    searches: ['naval strategy'],
  };
  const input = createRankingInput({
    user,
    modelScores: scoresOf(10, 11, 12, 13, 14),
    affinity: [{ genre: 'Racing', share: 0.9 }],
    neighboursOf: (itemId) => toNeighbours(itemId === 'g5' ? weighted(10, 20, 21, 22) : []),
  });
  const { rows } = await composeGallery(input, 4);

  expect(rows.map(({ id }) => id)).toEqual([
    'top-picks',
    'continue',
    'search',
    'genre-Racing',
    'new',
    'because-g5',
    'more-picks',
    'best-rated',
    'trending',
  ]);
  const because = rows.find(({ id }) => id === 'because-g5')!;
  expect(because.title).toBe('Because you played Game 5');
  // g10 is in a row above; g21 is of the player’s genre, so it precedes its equals; g7 was only viewed and gets no
  // row.
  expect(ids(because.items)).toEqual(['g21', 'g20', 'g22']);
  const shown = rows.flatMap(({ items }) => ids(items));
  expect(new Set(shown).size).toBe(shown.length);
  // Played games appear in the row “Continue playing” only.
  expect(ids(rows.find(({ id }) => id === 'continue')!.items)).toEqual(['g5']);
  for (const { items } of rows) for (const { reason } of items) expect(reason).not.toBe('');
});

it('shows each game once if many sources retrieve it, and returns short rows on request', async () => {
  const user = {
    ...EMPTY_USER_STATE,
    history: [
      { itemId: 'g5', weight: 1, ageDays: 1, strongestType: 'play' },
      { itemId: 'g6', weight: 1, ageDays: 1, strongestType: 'like' },
    ],
    played: ['g5'],
  };
  const input = createRankingInput({
    user,
    modelScores: scoresOf(...Array.from({ length: 60 }, (_, index) => index)),
    affinity: [
      { genre: 'Racing', share: 0.5 },
      { genre: 'Strategy', share: 0.5 },
    ],
    neighboursOf: (itemId) => toNeighbours(itemId === 'g5' ? weighted(51, 52, 53, 54) : weighted(52, 51, 54, 55)),
  });
  for (const length of [1, 2, 3, 6, 12]) {
    const { rows } = await composeGallery(input, length);
    const shown = rows.flatMap(({ items }) => ids(items));
    expect(shown.toSorted()).toEqual([...new Set(shown)].toSorted());
    if (length < 6) expect(rows.length, `rows of ${length}`).toBeGreaterThan(6);
    expect(rows.map(({ title }) => title.slice(0, 7))).toContain('Because');
    // A game that fits two rows has the reason of the row it is in.
    for (const { title, items } of rows)
      if (title.startsWith('Because'))
        for (const { reason } of items) expect(reason).toBe(`Goes with ${title.slice(title.indexOf('Game'))}`);
  }
});

it('orders rows by the items left for them, and adds more picks if no row has a higher expected utility', async () => {
  // Only the model's items have a utility, and all new releases among them are in the first row.
  const personal = scoresOf(...Array.from({ length: 12 }, (_, index) => index));
  const { rows } = await composeGallery(createRankingInput({ modelScores: personal, statistics: null }), 4);
  expect(rows.map(({ id }) => id).slice(0, 2)).toEqual(['top-picks', 'more-picks']);
  const firstScores = rows.slice(1).map(({ items }) => items[0]!.score);
  expect(firstScores).toEqual(firstScores.toSorted((a, b) => b - a));
  expect(rows[0]!.items.at(-1)!.score).toBeGreaterThanOrEqual(rows[1]!.items[0]!.score);
});

it('does not keep the picks below the other rows for a personal row with nothing left', async () => {
  // Both neighbours of g40 are in the first row already.
  const input = createRankingInput({
    modelScores: scoresOf(...Array.from({ length: 12 }, (_, index) => index)),
    statistics: null,
    user: { ...EMPTY_USER_STATE, history: [{ itemId: 'g40', weight: 1, ageDays: 1, strongestType: 'like' }] },
    neighboursOf: (itemId) => toNeighbours(itemId === 'g40' ? weighted(0, 1) : []),
  });
  const { rows } = await composeGallery(input, 4);
  expect(ids(rows[0]!.items)).toEqual(expect.arrayContaining(['g0', 'g1']));
  expect(rows.map(({ id }) => id).slice(0, 2)).toEqual(['top-picks', 'more-picks']);
});

it('shows a cold-start user popular items in their country, then worldwide', async () => {
  const input = createRankingInput();
  const statistics = {
    ...input.statistics!,
    popularByCountry: { CH: weighted(30, 31, 0), FR: weighted(0, 1, 30) },
    // The others are in these lists because they are popular in the world.
    ownPopularByCountry: { CH: ['g30', 'g31'], FR: ['g30'] },
  };
  const at = async (country: string | null) =>
    (await composeGallery({ ...input, statistics, context: { ...input.context, country } }, 5)).rows[0]!;
  const swiss = await at('CH');
  expect(swiss.title).toBe('Popular in your country');
  expect(ids(swiss.items).slice(0, 2)).toEqual(['g30', 'g31']);
  expect(swiss.items[0]!.reason).toBe('Popular in your country');
  expect(ids(swiss.items)).toContain('g1');
  expect(swiss.items.find(({ itemId }) => itemId === 'g0')!.reason).toBe('Popular with players');
  for (const elsewhere of [await at('FR'), await at(null)]) {
    expect(elsewhere.title).toBe('Popular now');
    expect(ids(elsewhere.items).slice(0, 2)).toEqual(['g0', 'g1']);
  }
});

it('composes baseline pages under the same filters', () => {
  const user = { ...EMPTY_USER_STATE, owned: ['g0'], dismissed: ['g12'] };
  const input = createRankingInput({ user, modelScores: scoresOf(12, 11, 10) });
  const first = (policy: BaselinePolicy, one = input) => ids(composeBaseline(policy, one, 3)[0]!.items);
  expect(first('popularity')).toEqual(['g1', 'g2', 'g3']);
  expect(first('retrieval')).toEqual(['g11', 'g10', 'g1']);
  expect(first('retrieval', { ...input, modelScores: null })).toEqual(first('popularity'));
  const shown = composeBaseline('retrieval', input, 3).flatMap(({ items }) => ids(items));
  expect(shown).toHaveLength(24);
  expect(new Set(shown).size).toBe(24);
});

it('finds similar items by the release’s neighbours, and by content if it has none', async () => {
  const input = createRankingInput({
    neighboursOf: (itemId) => toNeighbours(itemId === 'g4' ? weighted(9, 8, 7) : [['gone', 1]]),
  });
  expect(recommendSimilar(input, listSimilar(input, 4), 2)).toEqual([
    { itemId: 'g9', score: 1, reason: 'Goes with Game 4' },
    { itemId: 'g8', score: 0.5, reason: 'Goes with Game 4' },
  ]);
  // Strategy and Naval like the game itself; among equals the more popular first.
  expect(ids(recommendSimilar(input, listSimilar(input, 12), 3))).toEqual(['g0', 'g4', 'g8']);
});

it('lists trending items, fills up with popular ones, and shows no game before its release date', async () => {
  expect(ids(recommendList(createRankingInput(), 'trending', 5))).toEqual(['g50', 'g51', 'g52', 'g0', 'g1']);
  expect(ids(recommendList(createRankingInput({ today: '2026-01-02' }), 'new', 2))).toEqual(['g57', 'g29']);
});

it('answers alike in isolates that read the catalogue in different orders, so each can continue a list', async () => {
  const items = itemIds.map((_, index) => ({
    ...createItem(index),
    releaseDate: index % 3 === 0 ? null : `2026-01-0${1 + (index % 2)}`,
  }));
  const { statistics } = createRankingInput();
  const changes = {
    statistics: { ...statistics!, popular: statistics!.popular.slice(0, 5) },
    releaseItems: new Map([['g0', 0]]),
  };
  const answer = async (read: typeof items) => {
    const input = createRankingInput(changes, read);
    const { rows } = await composeGallery(input, 12);
    const similar = recommendSimilar(input, listSimilar(input, input.catalogue.columns.find('g4')), 60);
    return { rows, similar, fresh: recommendList(input, 'new', 60), all: (await recommend(input, 60)).items };
  };
  expect(await answer(items.toReversed())).toEqual(await answer(items));
});

it('answers without statistics, model or signals; an empty catalogue is the only empty gallery', async () => {
  const bare = { statistics: null };
  expect((await recommend(createRankingInput(bare), 20)).items).toHaveLength(20);
  expect((await composeGallery(createRankingInput(bare), 12)).rows[0]!.items).toHaveLength(12);
  expect((await composeGallery(createRankingInput({ ...bare, catalogue: new Catalogue() }), 12)).rows).toEqual([]);
});

it('recommends a cold-start item by its content, to matching players and beside similar items', async () => {
  const labels = { genres: ['Strategy'], tags: ['Naval', 'Turn-Based'] };
  const known = itemIds.map((_, index) => (index === 0 ? { ...createItem(0), ...labels } : createItem(index)));
  const fresh = { ...createItem(99), ...labels, itemId: 'fresh', title: 'Fresh', releaseDate: '2020-01-01' };
  const releaseItems = new Map(itemIds.map((itemId, index) => [itemId, index]));
  const changes = {
    releaseItems,
    modelScores: scoresOf(30, 31, 32, 33, 34, 35, 36, 37),
    user: {
      ...EMPTY_USER_STATE,
      history: [{ itemId: 'g0', weight: 1, ageDays: 1, strongestType: 'play' }],
      played: ['g0'],
    },
    neighboursOf: () => toNeighbours(weighted(10, 11, 12, 13, 14, 15)),
  };
  const input = createRankingInput(changes, [...known, fresh]);
  const { items: picked, ranking } = await recommend(input, 10);
  expect(ids(picked).indexOf('fresh')).toBeGreaterThan(0);
  // Its similarity to the played game is 1, so it ranks behind four others.
  expect(ranking.ranked.findIndex((candidate) => getItem(ranking, candidate).itemId === 'fresh')).toBe(4);
  expect(picked.find(({ itemId }) => itemId === 'fresh')!.reason).toContain('Similar to what you played');
  const near = ids(recommendSimilar(input, listSimilar(input, 0), 6));
  expect(near.indexOf('fresh')).toBeGreaterThan(0);
  // Not beside unrelated items, and no longer once the release knows it.
  expect(ids(recommendSimilar(input, listSimilar(input, 1), 60))).not.toContain('fresh');
  const later = createRankingInput({ ...changes, releaseItems: new Map([...releaseItems, ['fresh', 60]]) }, [
    ...known,
    fresh,
  ]);
  expect(ids(recommendSimilar(later, listSimilar(later, 0), 60))).not.toContain('fresh');
});

it('pages to the end of the catalogue, beyond the ranked candidates, in the order of the pages before', async () => {
  const items = Array.from({ length: 420 }, (_, index) => createItem(index));
  const manyIds = items.map(({ itemId }) => itemId);
  const user = { ...EMPTY_USER_STATE, owned: ['g3', 'g400'], dismissed: ['g410'] };
  const scores = Float32Array.from(manyIds, (_, index) => 1 / (1 + index));
  for (const modelScores of [null, { itemIds: manyIds, scores }]) {
    const input = createRankingInput({ modelScores, user }, items);
    const shown: string[] = [];
    for (let offset = 0; offset < 450; offset += 50) {
      const page = (await recommend(input, 50, { offset })).items;
      expect(page, `offset ${offset}`).toHaveLength(Math.max(0, Math.min(50, 417 - offset)));
      shown.push(...ids(page));
    }
    expect(new Set(shown)).toEqual(new Set(manyIds.filter((id) => !['g3', 'g400', 'g410'].includes(id))));
    expect(shown).toEqual(ids((await recommend(input, 500)).items));
  }
});
