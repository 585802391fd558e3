import { expect, test } from 'vitest';
import { relative, scoreItems, trainOnSequences } from '../../tests/try-algorithm.ts';
import { trainItemKnn } from './item-knn.ts';
import { trainPopularity } from './popularity.ts';
import { trainTransitions } from './transitions.ts';

const sequences = [['a', 'b', 'c', 'd'], ['b', 'a', 'c'], ['a', 'c'], ['d', 'b'], ['c']];
const counts = { a: 3, b: 3, c: 4, d: 2 };

function expectClose(scores: Record<string, number>, expected: Record<string, number>) {
  for (const [itemId, score] of Object.entries(relative(expected)))
    expect(Math.abs(relative(scores)[itemId]! - score), itemId).toBeLessThan(1e-3);
}

test('item-knn scores by cosine with shrinkage, the older item with less weight', async () => {
  const [first] = await trainOnSequences(trainItemKnn, sequences);
  // Players who have both: ab 2, ac 3, ad 1, bc 2, bd 2, cd 1.
  const cosine = (both: number, a: number, b: number) => both / (Math.sqrt(a * b) + 10);
  const fromA = { b: cosine(2, 3, 3), c: cosine(3, 3, 4), d: cosine(1, 3, 2), a: 0 };
  expectClose(await scoreItems(first!, 'a'), fromA);
  const fromD = { a: cosine(1, 2, 3), b: cosine(2, 2, 3), c: cosine(1, 2, 4), d: 0 };
  const both = { a: 0.8 * fromD.a, b: fromA.b + 0.8 * fromD.b, c: fromA.c + 0.8 * fromD.c, d: fromA.d };
  expectClose(await scoreItems(first!, 'a', 'd'), both);
});

test('item-knn pairs games that are up to 500 apart, in both directions', async () => {
  const history = Array.from({ length: 502 }, (_, n) => `g${n}`);
  const short = [['g0', 'g500'], ...Array.from({ length: 3 }, () => ['g0', 'g501'])];
  const [model] = await trainOnSequences(trainItemKnn, [history, ...short]);
  const { neighbours, weights, perItem } = model!.neighbours!;
  const weightOf = (from: string, to: string) => {
    const start = model!.itemIds.indexOf(from) * perItem;
    return weights[start + neighbours.subarray(start, start + perItem).indexOf(model!.itemIds.indexOf(to))]!;
  };
  // In the long history, the first pair counts and the second does not.
  for (const [other, both, players] of [
    ['g500', 2, 2],
    ['g501', 3, 4],
  ] as const)
    for (const weight of [weightOf('g0', other), weightOf(other, 'g0')])
      expect(weight, other).toBeCloseTo(both / (Math.sqrt(5 * players) + 10), 6);
});

test('transitions score later items, nearer ones higher, and no earlier ones', async () => {
  const models = await trainOnSequences(trainTransitions, sequences, ({ parameters }) =>
    // Prefers the decay by age, which is tried last but one.
    Number(parameters.interactionHalfLifeDays) > 0 ? 2 : 1,
  );
  const weigh = (sum: number, from: keyof typeof counts, to: keyof typeof counts) =>
    sum / counts[from] ** 0.5 / counts[to] ** 0.2;
  const near = 1;
  const far = 2 ** -0.75;
  // After a: b, c two steps on, d three; c; c. After b: c, d; a, c two steps on.
  const fromA = { a: 0, b: weigh(near, 'a', 'b'), c: weigh(far + 2 * near, 'a', 'c'), d: weigh(3 ** -0.75, 'a', 'd') };
  expectClose(await scoreItems(models[0]!, 'a'), fromA);
  expect(await scoreItems(models[0]!, 'd')).toMatchObject({ a: 0, c: 0, d: 0 });

  const aged = models.find(({ parameters }) => Number(parameters.interactionHalfLifeDays) > 0)!;
  const halfLifeHours = 24 * Number(aged.parameters.interactionHalfLifeDays);
  // The newest interaction of all is an hour old, as each player's last.
  const young = (hoursBeforeLast: number) => 2 ** (-hoursBeforeLast / halfLifeHours);
  const { distanceExponent } = aged.parameters;
  const steps = (distance: number) => distance ** -Number(distanceExponent);
  expectClose(await scoreItems(aged, 'a'), {
    a: 0,
    b: young(2) / 3 ** Number(aged.parameters.targetExponent),
    c: (steps(2) * young(1) + 2) / 4 ** Number(aged.parameters.targetExponent),
    d: steps(3) / 2 ** Number(aged.parameters.targetExponent),
  });
});

test('popularity scores every history the same, counting all interactions equally or recent ones more', async () => {
  const models = await trainOnSequences(trainPopularity, sequences, (_, index) => 1 + index);
  expect(models[0]!.parameters).toEqual({ halfLifeDays: 0 });
  for (const history of [[], ['a'], ['d', 'c']]) expectClose(await scoreItems(models[0]!, ...history), counts);
  const newest = models.at(-1)!;
  const halfLifeHours = 24 * Number(newest.parameters.halfLifeDays);
  const young = (hoursBeforeLast: number) => 2 ** (-hoursBeforeLast / halfLifeHours);
  expectClose(await scoreItems(newest), {
    a: young(3) + 2 * young(1),
    b: 2 * young(2) + 1,
    c: young(1) + 3,
    d: 1 + young(1),
  });
});
