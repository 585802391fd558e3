import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Slice } from './assignment.ts';
import { findSlice } from './slices.ts';

function fill(widths: readonly number[]): Slice[] {
  const taken: Slice[] = [];
  for (const width of widths) {
    const slice = findSlice(taken, width);
    if (slice !== undefined) taken.push(slice);
  }
  return taken;
}

test('ten tenths fill a layer, which then has no room', () => {
  const taken = fill(Array(10).fill(0.1));
  expect(taken).toHaveLength(10);
  expect(taken[9]).toEqual({ from: 0.9, to: 1 });
  expect(findSlice(taken, 0.0001)).toBeUndefined();
  expect(findSlice([], 1)).toEqual({ from: 0, to: 1 });
});

test('a gap between two experiments is used if it is wide enough', () => {
  const taken = [
    { from: 0.5, to: 0.7 },
    { from: 0, to: 0.2 },
  ];
  expect(findSlice(taken, 0.3)).toEqual({ from: 0.2, to: 0.5 });
  expect(findSlice(taken, 0.31)).toBeUndefined();
  expect(findSlice([taken[0]!], 0.31)).toEqual({ from: 0, to: 0.31 });
});

test('slices of a layer never overlap, and have their width', () => {
  const widths = fc.array(fc.integer({ min: 1, max: 10_000 }).map((tenThousandths) => tenThousandths / 10_000));
  fc.assert(
    fc.property(widths, (drawn) => {
      const taken = fill(drawn).sort((a, b) => a.from - b.from);
      for (const [index, { from, to }] of taken.entries()) {
        expect(from).toBeGreaterThanOrEqual(taken[index - 1]?.to ?? 0);
        expect(drawn.some((width) => Math.abs(to - from - width) < 1e-6)).toBe(true);
      }
      expect(taken.at(-1)?.to ?? 0).toBeLessThanOrEqual(1);
    }),
  );
});
