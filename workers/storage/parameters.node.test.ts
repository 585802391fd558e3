import { expect, it } from 'vitest';
import { portionsOf } from './parameters.ts';

it('puts every row into one portion, in order, within the limits of D1', () => {
  // Three-byte letters, each counted as one in a string's length; one row is above the limit.
  const rows = Array.from({ length: 5_000 }, (_, index) => ({
    index,
    text: '界'.repeat(index === 700 ? 400_000 : (index * 37) % 700),
  }));
  const portions = [...portionsOf(rows, ({ index, text }) => [index, text])];
  expect(portions.flatMap(({ rows }) => rows)).toEqual(rows);
  for (const { rows: own, json } of portions) {
    expect(JSON.parse(json)).toEqual(own.map(({ index, text }) => [index, text]));
    expect(own.length).toBeLessThanOrEqual(2_000);
    if (own.length > 1) expect(Buffer.byteLength(json)).toBeLessThan(1_000_100);
  }
  expect(portions.find(({ rows: own }) => own[0]!.index === 700)!.rows).toHaveLength(1);
  expect([...portionsOf([], () => [])]).toEqual([]);
  expect([...portionsOf(Array(2_001).fill(1), (one) => one)].map(({ rows: own }) => own.length)).toEqual([2_000, 1]);
});
