import { expect, test } from 'vitest';
import { countLosses } from './count.ts';

test('an event that is missing or there twice is counted in the store that it concerns', () => {
  const acknowledged = new Map([
    ['anna', new Set(['1', '2', '3'])],
    ['bert', new Set(['1'])],
  ]);
  const object = new Map([
    ['anna', ['1', '2', '2', 'not acknowledged']],
    ['bert', ['1']],
  ]);
  const log = new Map([['anna', ['3', '2', '1']]]);
  expect(countLosses(acknowledged, { object, log })).toEqual({
    lost: { object: 1, log: 1 },
    doubled: { object: 1, log: 0 },
  });
});
