import { expect, test } from 'vitest';
import { pickEvenly } from './pick-evenly.ts';

test('picks the first, the last and distinct elements between them', () => {
  const list = Array.from({ length: 1_000 }, (_, n) => n);
  const picked = pickEvenly(list, 54);
  expect([picked.length, new Set(picked).size, picked[0], picked.at(-1)]).toEqual([54, 54, 0, 999]);
  for (const [index, n] of picked.slice(1).entries()) expect([18, 19]).toContain(n - picked[index]!);
  expect(pickEvenly(list.slice(0, 3), 54)).toEqual([0, 1, 2]);
  expect(pickEvenly([], 54)).toEqual([]);
});
