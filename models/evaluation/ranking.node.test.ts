import { expect, test } from 'vitest';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import { InteractionLog } from '../training/interactions.ts';
import { leaveOneOut, rankingCases } from './leave-one-out.ts';
import { compareRanks, ndcgAt10, rankingMetrics } from './metrics.ts';
import { rankTargets, type Scorer } from './ranking.ts';

const DAY_MS = 86_400_000;
const itemIds = ['a', 'b', 'c', 'd'];
const always = (...scores: number[]): Scorer => ({
  itemIds,
  score: async ({ batch }) => Float32Array.from(Array(batch).fill(scores).flat()),
});
const ask = (target: string, ...history: string[]) => ({
  target,
  history: history.map((itemId) => ({ itemId, weight: 1, ageDays: 0 })),
});

test('a target’s rank counts what is ahead, without the history; ties, NaN and unknown items count against the model', async () => {
  const questions = [ask('a'), ask('b'), ask('c'), ask('d'), ask('d', 'a', 'c'), ask('b', 'a', 'elsewhere'), ask('z')];
  const ranks = await rankTargets(always(4, 3, 3, 1), questions);
  expect([...ranks]).toEqual([0, 2, 2, 3, 1, 1, Number.POSITIVE_INFINITY]);
  expect([...(await rankTargets(always(Number.NaN, 3, 2, 1), [ask('a'), ask('b')]))]).toEqual([3, 1]);
  expect([...(await rankTargets(always(0, 0, 0, 0), [ask('a')]))]).toEqual([3]);
  // More questions than one batch, each with its own row.
  const many: Scorer = {
    itemIds,
    async score({ batch, items, weights }) {
      const scores = new Float32Array(batch * itemIds.length);
      for (let row = 0; row < batch; row++)
        if (weights[row * HISTORY_LENGTH]! > 0)
          scores[row * itemIds.length + ((items[row * HISTORY_LENGTH]! + 1) % 4)] = 1;
      return scores;
    },
  };
  const hundreds = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? ask('b', 'a') : ask('d', 'a')));
  expect([...(await rankTargets(many, hundreds))]).toEqual(hundreds.map(({ target }) => (target === 'b' ? 0 : 2)));
});

test('metrics are what one works out by hand', () => {
  expect([0, 1, 2, 9, 10, Number.POSITIVE_INFINITY].map(ndcgAt10)).toEqual([
    1,
    1 / Math.log2(3),
    0.5,
    1 / Math.log2(11),
    0,
    0,
  ]);
  const metrics = rankingMetrics(Float64Array.of(0, 2, 9, 10));
  expect(metrics.users).toBe(4);
  expect(metrics['hitRate@10']).toBe(0.75);
  // (1 + 0.5 + 0.289065 + 0) / 4
  expect(metrics['ndcg@10']).toBeCloseTo(0.447266, 6);
  // Differences 0.5, −0.5, 0.5, 0.5: mean 0.25, sample variance 0.25, standard error √(0.25 / 4).
  const { mean, standardError } = compareRanks(Float64Array.of(0, 2, 2, 0), Float64Array.of(2, 0, 99, 2));
  expect(mean).toBeCloseTo(0.25, 12);
  expect(standardError).toBeCloseTo(0.25, 12);
});

test('leave-one-out hides the last choices from training and asks with all that came before', () => {
  const log = new InteractionLog();
  const play = (userId: string, itemId: string, day: number) =>
    log.add({ userId, itemId, type: 'like', value: null, timestamp: day * DAY_MS });
  for (const [itemId, day] of [
    ['a', 1],
    ['b', 3],
    ['c', 4],
    ['d', 10],
  ] as const)
    play('long', itemId, day);
  play('short', 'a', 1);
  play('short', 'b', 2);
  play('other', 'a', 1);
  play('other', 'b', 2);
  play('other', 'c', 3);
  const all = log.collect();
  const { training, heldOut } = leaveOneOut(all, (userId) => userId !== 'other', { lengthMin: 3, removed: 2 });
  const kept = (userId: string) => {
    const user = all.userIds.indexOf(userId);
    return Array.from(training.items.subarray(training.starts[user], training.ends[user]), (item) => all.itemIds[item]);
  };
  expect([kept('long'), kept('short'), kept('other')]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
  expect([...rankingCases(all, heldOut)]).toEqual([
    {
      target: 'd',
      history: [
        { itemId: 'c', weight: 1, ageDays: 6 },
        { itemId: 'b', weight: 1, ageDays: 7 },
        { itemId: 'a', weight: 1, ageDays: 9 },
      ],
    },
  ]);
});
