import { expect, test } from 'vitest';
import { listUsersIn, splitMessage } from './split-message.ts';

const AT = 1_000;
const erased = new Map([['ann', AT]]);
const split = (body: unknown) => splitMessage(body, erased, AT + 1);
const own = { experimentId: 'e', userId: 'ann', at: AT };
const others = { experimentId: 'e', userId: 'ben', at: AT };
const counts = [{ hour: 1, metric: 'clicks', labels: {}, amount: 2 }];

test('an answer without a slate loses the exposures of the player alone', () => {
  const body = { slate: null, counts, exposures: [own, others, { ...own, at: AT + 1 }] };
  expect(listUsersIn(body)).toEqual(['ann', 'ben', 'ann']);
  expect(split(body)).toEqual({
    own: [own],
    rest: { slate: null, counts, exposures: [others, { ...own, at: AT + 1 }] },
  });
  expect(split({ slate: null, counts, exposures: [others] }).own).toEqual([]);
});

test('a slate goes with its exposures, and what the isolate has counted stays', () => {
  const slate = { userId: 'ann', shownAt: AT };
  expect(split({ slate, counts, rows: [], exposures: [own] })).toEqual({
    own: [slate, own],
    rest: { slate: null, counts, rows: [], exposures: [] },
  });
  expect(split({ slate, counts: [] })).toEqual({ own: [slate], rest: undefined });
  expect(split({ slate: { ...slate, userId: 'ben' }, counts: [] }).own).toEqual([]);
});
