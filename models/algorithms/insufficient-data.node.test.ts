import { expect, test } from 'vitest';
import { makeContext, type Sequence, scoreItems, trainOnSequences } from '../../tests/try-algorithm.ts';
import { ItemInput } from '../contracts/item.ts';
import type { Algorithm, TrainingContext } from './algorithm.ts';
import { trainContent } from './content.ts';
import { trainEase } from './ease.ts';
import { trainItemKnn } from './item-knn.ts';
import { trainPopularity } from './popularity.ts';
import { trainTransitions } from './transitions.ts';

const LEARNERS: readonly Algorithm[] = [trainItemKnn, trainTransitions, trainEase, trainContent];
const catalogue = new Map(
  ['a', 'b', 'c'].map((itemId) => [itemId, { itemId, ...ItemInput.parse({ title: `Game ${itemId}`, price: 5 }) }]),
);
const enough = [
  ['a', 'b', 'c'],
  ['c', 'b'],
];

test('from one player, one item or single interactions every algorithm gives finite scores, or no model', async () => {
  const little: Sequence[][] = [[['a', 'b']], [['a']], [['a'], ['a']], [['a'], ['b'], ['c']]];
  for (const sequences of little)
    for (const train of [trainPopularity, ...LEARNERS])
      for (const model of await trainOnSequences(train, sequences, () => 1, makeContext(), catalogue))
        for (const score of Object.values(await scoreItems(model, 'a'))) expect(score).toBeGreaterThanOrEqual(0);
});

test('without interactions only popularity has a model, with equal scores', async () => {
  for (const train of LEARNERS)
    expect(await trainOnSequences(train, [], () => 1, makeContext(), catalogue)).toEqual([]);
  const [model] = await trainOnSequences(trainPopularity, [], () => 1, makeContext(), catalogue);
  expect(await scoreItems(model!)).toEqual({ a: 0, b: 0, c: 0 });
});

test('without time the cheap algorithms validate one model, others none; aborted, popularity alone does', async () => {
  const count = async (train: Algorithm, context: TrainingContext) =>
    (await trainOnSequences(train, enough, () => 1, context, catalogue)).length;
  for (const timeLeft of [() => 0, () => -5]) {
    const context = makeContext({ timeLeft });
    for (const train of [trainPopularity, trainItemKnn, trainTransitions]) expect(await count(train, context)).toBe(1);
    for (const train of [trainEase, trainContent]) expect(await count(train, context)).toBe(0);
  }
  const aborted = makeContext({ signal: AbortSignal.abort() });
  for (const train of LEARNERS) expect(await count(train, aborted)).toBe(0);
  expect(await count(trainPopularity, aborted)).toBe(1);
});
