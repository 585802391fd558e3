import { expect, test } from 'vitest';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import { createRandom } from '../data/random.ts';
import type { Scorer } from '../onnx/scorer.ts';
import { listTopItems, rankTargetsInRow } from './rank-row.ts';
import { LIST_LENGTH, rankTargets } from './ranking.ts';

const itemIds = ['a', 'b', 'c', 'd'];
const always = (...scores: number[]): Scorer => ({
  itemIds,
  score: async ({ batch }) => Float32Array.from(Array(batch).fill(scores).flat()),
});
const createCase = (targets: string, ...history: string[]) => ({
  targets: targets.split(' '),
  history: history.map((itemId) => ({ itemId, weight: 1, ageDays: 0 })),
});
const ranksOf = async (scorer: Scorer, cases: ReturnType<typeof createCase>[]) =>
  (await rankTargets(scorer, cases)).ranks.map((ranks) => [...ranks]);

test('a rank counts the items ahead, without the history; ties, NaN and unknown items count against', async () => {
  const cases = [
    createCase('a'),
    createCase('b'),
    createCase('c'),
    createCase('d'),
    createCase('d', 'a', 'c'),
    createCase('b', 'a', 'elsewhere'),
    createCase('z'),
  ];
  expect(await ranksOf(always(4, 3, 3, 1), cases)).toEqual([[0], [2], [2], [3], [1], [1], [Infinity]]);
  expect(await ranksOf(always(Number.NaN, 3, 2, 1), [createCase('a'), createCase('b')])).toEqual([[3], [1]]);
  expect(await ranksOf(always(0, 0, 0, 0), [createCase('a')])).toEqual([[3]]);
});

test('several targets have distinct ranks in one list, unknown items last', async () => {
  const cases = [createCase('c a'), createCase('b c'), createCase('d z b', 'a')];
  expect(await ranksOf(always(4, 3, 3, 1), cases)).toEqual([
    [0, 2],
    [1, 2],
    [1, 2, Infinity],
  ]);
});

test('beyond one batch, each case has its own row', async () => {
  const next: Scorer = {
    itemIds,
    async score({ batch, items, weights }) {
      const scores = new Float32Array(batch * itemIds.length);
      for (let row = 0; row < batch; row++)
        if (weights[row * HISTORY_LENGTH]! > 0)
          scores[row * itemIds.length + ((items[row * HISTORY_LENGTH]! + 1) % 4)] = 1;
      return scores;
    },
  };
  const cases = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? createCase('b', 'a') : createCase('d', 'b')));
  const { ranks, lists } = await rankTargets(next, cases);
  expect(ranks.map(([rank]) => rank)).toEqual(cases.map(({ targets }) => (targets[0] === 'b' ? 0 : 2)));
  expect(lists).toHaveLength(300 * LIST_LENGTH);
  cases.forEach((_, n) => {
    // Items of score 0 are not shown.
    const shown = [...lists.subarray(n * LIST_LENGTH, n * LIST_LENGTH + 2)];
    expect(shown).toEqual([n % 3 === 0 ? 1 : 2, -1]);
  });
});

test('ranks and lists are those of a full sort, with ties, NaN and infinities among the scores', () => {
  const random = createRandom(3, 'ranking');
  const values = [Number.NaN, -Infinity, -1, 0, 0.5, 1, 1.5, 2, 3, Infinity];
  for (let trial = 0; trial < 500; trial++) {
    const scores = Float32Array.from({ length: 1 + random.below(40) }, () => random.pick(values));
    const kinds = Array.from(scores, () => random.below(3));
    const history = new Set([...kinds.keys()].filter((item) => kinds[item] === 0));
    const targets = [...kinds.keys()].filter((item) => kinds[item] === 1);
    // The worst list that the scores allow.
    const isTarget = (item: number) => kinds[item] === 1;
    const sortKey = (item: number) =>
      Number.isNaN(scores[item]) ? (isTarget(item) ? -Infinity : Infinity) : scores[item]!;
    const sorted = [...kinds.keys()]
      .filter((item) => !history.has(item))
      .sort((a, b) =>
        sortKey(a) === sortKey(b) ? Number(isTarget(a)) - Number(isTarget(b)) : sortKey(b) - sortKey(a),
      );
    const expected = sorted.flatMap((item, rank) => (isTarget(item) ? [rank] : []));
    expect([...rankTargetsInRow(scores, targets, history)]).toEqual(expected);

    const list = new Int32Array(5);
    listTopItems(scores, history, list);
    const shown = [...kinds.keys()]
      .filter((item) => !history.has(item) && scores[item]! > 0)
      .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! - scores[a]!));
    expect([...list]).toEqual([...shown, -1, -1, -1, -1, -1].slice(0, 5));
  }
});
