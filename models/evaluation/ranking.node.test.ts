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
const ask = (targets: string, ...history: string[]) => ({
  targets: targets.split(' '),
  history: history.map((itemId) => ({ itemId, weight: 1, ageDays: 0 })),
});
const ranksOf = async (scorer: Scorer, questions: ReturnType<typeof ask>[]) =>
  (await rankTargets(scorer, questions)).ranks.map((ranks) => [...ranks]);

test('a target’s rank counts what is ahead, without the history; ties, NaN and unknown items count against the model', async () => {
  const questions = [ask('a'), ask('b'), ask('c'), ask('d'), ask('d', 'a', 'c'), ask('b', 'a', 'elsewhere'), ask('z')];
  expect(await ranksOf(always(4, 3, 3, 1), questions)).toEqual([[0], [2], [2], [3], [1], [1], [Infinity]]);
  expect(await ranksOf(always(Number.NaN, 3, 2, 1), [ask('a'), ask('b')])).toEqual([[3], [1]]);
  expect(await ranksOf(always(0, 0, 0, 0), [ask('a')])).toEqual([[3]]);
});

test('several targets have ranks in one list: none twice, the unknown last', async () => {
  const questions = [ask('c a'), ask('b c'), ask('d z b', 'a')];
  expect(await ranksOf(always(4, 3, 3, 1), questions)).toEqual([
    [0, 2],
    [1, 2],
    [1, 2, Infinity],
  ]);
});

test('more questions than one batch are each answered by their own row', async () => {
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
  const questions = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? ask('b', 'a') : ask('d', 'b')));
  const { ranks, lists } = await rankTargets(next, questions);
  expect(ranks.map(([rank]) => rank)).toEqual(questions.map(({ targets }) => (targets[0] === 'b' ? 0 : 2)));
  expect(lists).toHaveLength(300 * LIST_LENGTH);
  questions.forEach((_, question) => {
    // What scores 0 is not shown.
    const shown = [...lists.subarray(question * LIST_LENGTH, question * LIST_LENGTH + 2)];
    expect(shown).toEqual([question % 3 === 0 ? 1 : 2, -1]);
  });
});

test('ranks and lists are those of a whole sort, with ties, NaN and infinities among the scores', () => {
  const random = createRandom(3, 'ranking');
  const values = [Number.NaN, -Infinity, -1, 0, 0.5, 1, 1.5, 2, 3, Infinity];
  for (let trial = 0; trial < 500; trial++) {
    const scores = Float32Array.from({ length: 1 + random.below(40) }, () => random.pick(values));
    const kinds = Array.from(scores, () => random.below(3));
    const history = new Set([...kinds.keys()].filter((place) => kinds[place] === 0));
    const targets = [...kinds.keys()].filter((place) => kinds[place] === 1);
    // The worst list that the scores allow.
    const isTarget = (place: number) => kinds[place] === 1;
    const worth = (place: number) =>
      Number.isNaN(scores[place]) ? (isTarget(place) ? -Infinity : Infinity) : scores[place]!;
    const sorted = [...kinds.keys()]
      .filter((place) => !history.has(place))
      .sort((a, b) => (worth(a) === worth(b) ? Number(isTarget(a)) - Number(isTarget(b)) : worth(b) - worth(a)));
    const expected = sorted.flatMap((place, rank) => (isTarget(place) ? [rank] : []));
    expect([...rankTargetsInRow(scores, targets, history)]).toEqual(expected);

    const list = new Int32Array(5);
    listTopItems(scores, history, list);
    const shown = [...kinds.keys()]
      .filter((place) => !history.has(place) && scores[place]! > 0)
      .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! - scores[a]!));
    expect([...list]).toEqual([...shown, -1, -1, -1, -1, -1].slice(0, 5));
  }
});
