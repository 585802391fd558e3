import { expect, test } from 'vitest';
import { makeContext } from '../../tests/try-algorithm.ts';
import type { RetrievalModel } from './algorithm.ts';
import { searchCoordinates } from './coordinate-search.ts';

const AXES = { x: [0, 1, 2, 3, 4], y: [0, 1, 2] };

/** What was proposed, in order, where `judge` says how good it is. */
async function search(judge: (x: number, y: number) => number, context = makeContext()) {
  const proposed: string[] = [];
  const train = (parameters: { x: number; y: number }): RetrievalModel => ({
    algorithm: 'example',
    parameters,
    itemIds: [],
    addTo: () => '',
  });
  const proposals = searchCoordinates({ x: 1, y: 1 }, AXES, train, context);
  let next = await proposals.next();
  while (!next.done) {
    const { x, y } = next.value.parameters;
    proposed.push(`${x}${y}`);
    next = await proposals.next(judge(Number(x), Number(y)));
  }
  return proposed;
}

test('the search goes uphill along each axis, asks nothing twice, and stops where a round gains nothing', async () => {
  expect(await search((x, y) => 100 - (x - 3) ** 2 - (y - 1) ** 2)).toEqual(['11', '21', '31', '41', '32', '30']);
  expect(await search(() => 1)).toEqual(['11', '21', '01', '12', '10']);
});

test('without time, after an abort, or where no question is answered, it asks no more', async () => {
  expect(await search(() => 0)).toEqual(['11']);
  expect(await search(() => 1, makeContext({ timeLeft: () => 0 }))).toEqual([]);
  expect(await search(() => 1, makeContext({ signal: AbortSignal.abort() }))).toEqual([]);
  // Each proposal takes 10 ms: the fourth would not end in time.
  let left = 35;
  const judge = () => {
    left -= 10;
    return 1;
  };
  expect(await search(judge, makeContext({ timeLeft: () => left }))).toHaveLength(3);
});
