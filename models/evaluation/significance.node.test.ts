import { expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { bootstrapMeans, comparePaired, estimateDifference } from './significance.ts';

const random = () => createRandom(5, 'significance');
const hits = (length: number, share: number) =>
  Float64Array.from({ length }, (_, user) => (user < share * length ? 1 : 0));

test('with many players the bootstrap’s interval is the normal one; the same seed gives the same interval', () => {
  const [interval, constant] = bootstrapMeans([hits(2_000, 0.2), new Float64Array(2_000).fill(0.5)], random());
  // 1.96 √(0.2 · 0.8 / 2000) = 0.01753, known to some percent from a thousand resamples.
  expect(Math.abs(interval![0] - (0.2 - 0.01753))).toBeLessThan(0.0015);
  expect(Math.abs(interval![1] - (0.2 + 0.01753))).toBeLessThan(0.0015);
  expect(constant).toEqual([0.5, 0.5]);
  expect(bootstrapMeans([hits(2_000, 0.2)], random())).toEqual([interval]);
  expect(bootstrapMeans([new Float64Array()], random())).toEqual([[0, 0]]);
});

test('the paired test finds a consistent difference, and none in noise', () => {
  const base = hits(1_000, 0.2);
  const changed = (won: number, lost: number) =>
    base.map((value, user) => (user < lost ? 0 : user >= 1_000 - won ? 1 : value));
  expect(comparePaired(base, base, random())).toBe(1);
  expect(comparePaired(changed(10, 10), base, random())).toBe(1);
  expect(comparePaired(changed(100, 10), base, random())).toBeLessThan(0.001);
  // All of five players who changed won: 2 · 2⁻⁵, exactly, and known to half a percent from two thousand flips.
  expect(Math.abs(comparePaired(changed(5, 0), base, random()) - 0.0625)).toBeLessThan(0.015);
  // Nine won, three lost: P(at least 9 of 12 or at most 3) = 2 · 299 / 4096.
  for (const [a, b] of [
    [changed(9, 3), base],
    [base, changed(9, 3)],
  ] as const)
    expect(Math.abs(comparePaired(a, b, random()) - 0.146)).toBeLessThan(0.025);
});

test('a difference comes with its standard error', () => {
  // 0.5, −0.5, 0.5, 0.5: mean 0.25, sample variance 0.25, standard error √(0.25 / 4).
  const { mean, standardError } = estimateDifference(Float64Array.of(1, 0.5, 0.5, 1), Float64Array.of(0.5, 1, 0, 0.5));
  expect(mean).toBeCloseTo(0.25, 12);
  expect(standardError).toBeCloseTo(0.25, 12);
});
