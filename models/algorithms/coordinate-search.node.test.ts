import { expect, test } from 'vitest';
import { collectModels, makeContext } from '../../tests/try-algorithm.ts';
import type { RetrievalModel, TrainingData } from './algorithm.ts';
import { searchCoordinates } from './coordinate-search.ts';

const NO_DATA = {} as TrainingData;
const AXES = { x: [0, 1, 2, 3, 4], y: [0, 1, 2] };

/** Returns the validated parameters as digits, in order; `judge` scores each. */
async function search(judge: (x: number, y: number) => number, context = makeContext()) {
  const train = (parameters: { x: number; y: number }): RetrievalModel => ({
    algorithm: 'example',
    parameters,
    itemIds: [],
    addTo: () => '',
  });
  const models = await collectModels(
    (_, given) => searchCoordinates({ x: 1, y: 1 }, AXES, train, given),
    NO_DATA,
    ({ parameters: { x, y } }) => judge(Number(x), Number(y)),
    context,
  );
  return models.map(({ parameters: { x, y } }) => `${x}${y}`);
}

test('climbs along each axis, validates nothing twice, and stops after a round without a gain', async () => {
  expect(await search((x, y) => 100 - (x - 3) ** 2 - (y - 1) ** 2)).toEqual(['11', '21', '31', '41', '32', '30']);
  expect(await search(() => 1)).toEqual(['11', '21', '01', '12', '10']);
});

test('without time the start alone is tried, after an abort nothing; it stops if no target is ranked', async () => {
  expect(await search(() => 0)).toEqual(['11']);
  expect(await search(() => 1, makeContext({ timeLeft: () => 0 }))).toEqual(['11']);
  expect(await search(() => 1, makeContext({ signal: AbortSignal.abort() }))).toEqual([]);
  // Each trial takes 10 ms: the fourth would not end in time.
  let left = 35;
  const judge = () => {
    left -= 10;
    return 1;
  };
  expect(await search(judge, makeContext({ timeLeft: () => left }))).toHaveLength(3);
});
