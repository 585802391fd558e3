import { expect, test } from 'vitest';
import { InteractionLog } from '../../tests/interaction-log.ts';
import { createRandom } from '../data/random.ts';
import { computeListMetrics } from './list-metrics.ts';
import { computeRankingMetrics, measureUsers, USER_METRIC_NAMES, USER_METRICS } from './metrics.ts';
import { LIST_LENGTH } from './ranking.ts';

const measure = (name: keyof typeof USER_METRICS, ...ranks: number[]) => USER_METRICS[name](Float64Array.from(ranks));

test('metrics of one player equal those computed by hand', () => {
  expect([0, 1, 2, 9, 10, Infinity].map((rank) => measure('ndcg@10', rank))).toEqual([
    1,
    1 / Math.log2(3),
    0.5,
    1 / Math.log2(11),
    0,
    0,
  ]);
  expect([0, 9, 10, Infinity].map((rank) => measure('hitRate@10', rank))).toEqual([1, 1, 0, 0]);
  expect([0, 19, 20].map((rank) => measure('recall@20', rank))).toEqual([1, 1, 0]);
  expect([99, 100].map((rank) => measure('ndcg@100', rank))).toEqual([1 / Math.log2(101), 0]);
  expect([0, 3, 999, Infinity].map((rank) => measure('mrr', rank))).toEqual([1, 0.25, 0.001, 0]);

  // Three targets at ranks 1, 2 and 30: (0.630930 + 0.5) / (1 + 0.630930 + 0.5).
  expect(measure('ndcg@10', 1, 2, 30)).toBeCloseTo(0.530721, 6);
  // … and 1 / log2(32) = 0.2 more.
  expect(measure('ndcg@100', 1, 2, 30)).toBeCloseTo(0.624577, 6);
  expect(measure('hitRate@10', 1, 2, 30)).toBe(1);
  expect(measure('recall@20', 1, 2, 30)).toBeCloseTo(2 / 3, 12);
  expect(measure('mrr', 1, 2, 30)).toBe(0.5);
  // More targets than positions: the first twenty are the most a list can show.
  const fifty = Array.from({ length: 50 }, (_, rank) => rank);
  expect(USER_METRIC_NAMES.map((name) => measure(name, ...fifty))).toEqual([1, 1, 1, 1, 1]);
});

test('the means are over players, and 0 without players', () => {
  const ranks = [[0], [2], [9], [10, Infinity]].map((own) => Float64Array.from(own));
  const metrics = computeRankingMetrics({ ranks });
  expect(metrics['hitRate@10']).toBe(0.75);
  // (1 + 0.5 + 0.289065 + 0) / 4
  expect(metrics['ndcg@10']).toBeCloseTo(0.447266, 6);
  // (1 + 1 + 1 + 0.5) / 4
  expect(metrics['recall@20']).toBe(0.875);
  expect(new Set(Object.values(computeRankingMetrics({ ranks: [] })))).toEqual(new Set([0]));
});

test('the metrics agree with each other and with sums over whole lists', () => {
  const random = createRandom(4, 'metrics');
  const ranks = Array.from({ length: 300 }, () => {
    const targets = new Set(Array.from({ length: 1 + random.below(30) }, () => random.below(150)));
    return Float64Array.from(targets).sort();
  });
  const measured = measureUsers({ ranks });
  ranks.forEach((own, user) => {
    const isTarget = Array.from({ length: 150 }, (_, rank) => own.includes(rank));
    const dcg = (hits: boolean[]) => hits.reduce((sum, hit, rank) => sum + (hit ? 1 / Math.log2(rank + 2) : 0), 0);
    const ideal = [...isTarget].sort((a, b) => Number(b) - Number(a));
    for (const cut of [10, 100] as const)
      expect(measured[`ndcg@${cut}`][user]).toBeCloseTo(dcg(isTarget.slice(0, cut)) / dcg(ideal.slice(0, cut)), 12);
    expect(measured['hitRate@10'][user]).toBe(Number(isTarget.slice(0, 10).includes(true)));
    expect(measured.mrr[user]).toBe(1 / (isTarget.indexOf(true) + 1));
    expect(measured.mrr[user]! >= 0.1).toBe(measured['hitRate@10'][user] === 1);
    if (own.length > 1) return;
    // One target: NDCG is a discounted hit, recall a hit further down.
    expect(measured['ndcg@10'][user]! > 0).toBe(measured['hitRate@10'][user] === 1);
    expect(measured['ndcg@10'][user]).toBeLessThanOrEqual(measured['ndcg@100'][user]!);
    expect(measured.mrr[user]).toBeLessThanOrEqual(measured['ndcg@100'][user] || 0.01);
    expect(measured['hitRate@10'][user]).toBeLessThanOrEqual(measured['recall@20'][user]!);
  });
});

test('coverage and novelty follow the lists and the players of each item in training', () => {
  const log = new InteractionLog();
  for (let player = 0; player < 8; player++)
    for (const [itemId, players] of Object.entries({ a: 8, b: 4, c: 1 }))
      if (player < players) log.add({ userId: `${player}`, itemId, type: 'like', value: null, timestamp: player });
  const lists = new Int32Array(2 * LIST_LENGTH).fill(-1);
  lists.set([0, 1], 0);
  lists.set([1, 3], LIST_LENGTH);
  const training = log.collect();
  const shown = { lists, itemIds: ['a', 'b', 'c', 'without players'], training, catalogueSize: 5 };
  // Bits: a 0, b 1 twice, and 3 for the item without players, as if it had one of the eight.
  expect(computeListMetrics(shown)).toEqual({ 'coverage@10': 3 / 5, 'novelty@10': 5 / 4 });
  expect(computeListMetrics({ ...shown, lists: new Int32Array() })).toEqual({ 'coverage@10': 0, 'novelty@10': 0 });
  // Players that training does not see do not count.
  const ends = training.ends.map((end, user) => (user < 4 ? end : training.starts[user]!));
  expect(computeListMetrics({ ...shown, training: { ...training, ends } })['novelty@10']).toBe(2 / 4);
});
