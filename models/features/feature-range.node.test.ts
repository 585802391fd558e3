import { expect, it } from 'vitest';
import { FeatureRange } from './feature-range.ts';

it.each([
  [0, 1],
  [-1, 1],
])('rounds to the nearest of the values with a code from %d to %d, which come back from their codes', (min, max) => {
  const range = new FeatureRange(min, max);
  const step = (max - min) / 254;
  for (let part = 0; part <= 1_000; part++) {
    const value = min + ((max - min) * part) / 1_000;
    const code = range.toCode(value);
    expect(Number.isInteger(code) && code >= 0 && code <= 255).toBe(true);
    const rounded = range.round(value);
    expect(Math.abs(rounded - value)).toBeLessThanOrEqual(step / 2 + 1e-7);
    expect(range.toCode(rounded)).toBe(code);
    expect(range.fromCode(code)).toBe(rounded);
  }
  for (const value of [min, max, (min + max) / 2, 0]) expect(range.round(value)).toBe(value);
  for (const [beyond, end] of [
    [min - 1, min],
    [max + 1, max],
    [-1e12, min],
    [1e12, max],
    [Number.POSITIVE_INFINITY, max],
    [Number.NEGATIVE_INFINITY, min],
  ] as const)
    expect(range.round(beyond)).toBe(end);
  expect(range.round(Number.NaN)).toBe(0);
});
