import { expect, test } from 'vitest';
import { listUsersIn, splitMessage } from './split-message.ts';

const AT = 1_000;
const erased = new Map([['ann', AT]]);
const split = (body: unknown) => splitMessage(body, erased, AT + 1);
const own = { experimentId: 'e', userId: 'ann', at: AT };
const others = { experimentId: 'e', userId: 'ben', at: AT };
const counts = [{ hour: 1, metric: 'clicks', labels: {}, amount: 2 }];

test('an answer without a slate loses the exposures of the player alone', () => {
  const body = { answers: [{ slate: null, exposures: [own, others, { ...own, at: AT + 1 }] }], counts };
  expect(listUsersIn(body)).toEqual(['ann', 'ben', 'ann']);
  expect(split(body)).toEqual({
    own: [own],
    rest: { answers: [{ slate: null, exposures: [others, { ...own, at: AT + 1 }] }], counts },
  });
  expect(split({ answers: [{ slate: null, exposures: [others] }], counts }).own).toEqual([]);
});

test('a slate goes with its exposures; other answers and what the isolate has counted stay', () => {
  const slate = { userId: 'ann', shownAt: AT };
  const answer = { slate, rows: [], requestId: 'of-ann', exposures: [own] };
  const other = { slate: { ...slate, userId: 'ben' }, rows: [], requestId: 'of-ben' };
  const left = { slate: null, answer: { recommendationId: 'r' }, interleaved: [] };
  expect(split({ answers: [answer, left, other, { ...answer, exposures: [others] }], counts })).toEqual({
    own: [slate, own, slate],
    rest: { answers: [left, other, { ...answer, slate: null, exposures: [others] }], counts },
  });
  expect(split({ answers: [answer], counts, shadows: [] }).rest).toEqual({ answers: [], counts, shadows: [] });
  expect(split({ answers: [{ slate }], counts: [] })).toEqual({ own: [slate], rest: undefined });
  expect(split({ answers: [other], counts: [] }).own).toEqual([]);
});

test('an answer of no known form hides no player', () => {
  const answer = { slate: { userId: 'ann', shownAt: AT } };
  expect(split({ answers: [null, 'nonsense', answer] })).toMatchObject({ own: [answer.slate] });
  expect(split({ answers: 'nonsense' })).toEqual({ own: [], rest: { answers: 'nonsense' } });
});
