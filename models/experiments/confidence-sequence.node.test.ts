import { expect, test } from 'vitest';
import { ALPHA, compareClocks, computeOneSidedWidth, computePValue, computeWidth } from './confidence-sequence.ts';
import { estimateMoreUsers } from './power.ts';

test('widths are those of the paper’s formulas', () => {
  // ρ² = (5.9915 + log 6.9915) / 1,000 = 0.0079362.
  const rho = 0.0079362;
  for (const time of [50, 1_000, 30_000]) {
    const paper = Math.sqrt(((2 * (time * rho + 1)) / (time * rho)) * Math.log(Math.sqrt(time * rho + 1) / ALPHA));
    expect(computeWidth(time, 1_000, ALPHA)).toBeCloseTo(paper, 4);
  }
  // ρ² = (4.6052 + log 5.6052) / 1,000 = 0.0063288.
  const oneSided = 0.0063288;
  for (const time of [50, 1_000, 30_000]) {
    const scaled = time * oneSided;
    const paper = Math.sqrt(((2 * (scaled + 1)) / scaled) * Math.log(1 + Math.sqrt(scaled + 1) / (2 * ALPHA)));
    expect(computeOneSidedWidth(time, 1_000, ALPHA)).toBeCloseTo(paper, 4);
  }
  expect(computeWidth(0, 1_000, ALPHA)).toBe(Number.POSITIVE_INFINITY);
  expect(computeOneSidedWidth(1_000, 1_000, ALPHA)).toBeLessThan(computeWidth(1_000, 1_000, ALPHA));
  expect(computeWidth(1_000, 1_000, 0.01)).toBeGreaterThan(computeWidth(1_000, 1_000, 0.05) + 0.3);
});

test('an interval is almost the shortest at the intended time', () => {
  const widths = Array.from({ length: 200 }, (_, n) => computeWidth(1_000, 1_000 * 1.05 ** (n - 100), ALPHA));
  expect(computeWidth(1_000, 1_000, ALPHA)).toBeLessThan(Math.min(...widths) * 1.001);
  // Ten times later by less than a tenth, a hundred times later by a sixth.
  expect(computeWidth(10_000, 1_000, ALPHA) / computeWidth(10_000, 10_000, ALPHA)).toBeLessThan(1.1);
  expect(computeWidth(100_000, 1_000, ALPHA) / computeWidth(100_000, 100_000, ALPHA)).toBeLessThan(1.2);
});

test('the p-value is below 0.05 where the interval leaves out 0, and 1 at the beginning', () => {
  for (const time of [20, 1_000, 50_000]) {
    const width = computeWidth(time, 1_000, ALPHA);
    expect(computePValue(width, time, 1_000)).toBeCloseTo(ALPHA, 10);
    expect(computePValue(-width * 1.01, time, 1_000)).toBeLessThan(ALPHA);
  }
  expect(computePValue(5, 0, 1_000)).toBe(1);
  expect(computePValue(0, 1_000, 1_000)).toBe(1);
});

test('the clock of two groups is that of the smaller one if the other is large', () => {
  expect(compareClocks(1_000, 1_000)).toBe(500);
  expect(compareClocks(1_000_000, 100)).toBeCloseTo(100, 1);
  expect(compareClocks(0, 100)).toBe(0);
});

test('so many more users find the difference with probability 0.8', () => {
  const difference = { value: 0.01, standardError: 0.005, clock: 2_000 };
  const more = estimateMoreUsers(difference, 4_000, 5_000, ALPHA)!;
  const growth = 1 + more / 4_000;
  const standardError = 0.005 / Math.sqrt(growth);
  const width = computeWidth(2_000 * growth, 5_000, ALPHA);
  expect(0.01 / standardError).toBeCloseTo(width + 0.8416, 2);
  expect(estimateMoreUsers({ ...difference, value: -0.01 }, 4_000, 5_000, ALPHA)).toBe(more);
  expect(estimateMoreUsers({ ...difference, value: 0.03 }, 4_000, 5_000, ALPHA)).toBe(0);
  expect(estimateMoreUsers({ ...difference, value: 0.00001 }, 4_000, 5_000, ALPHA)).toBeNull();
  expect(estimateMoreUsers({ ...difference, value: 0 }, 4_000, 5_000, ALPHA)).toBeNull();
  expect(estimateMoreUsers({ value: 0, standardError: 0, clock: 0 }, 0, 5_000, ALPHA)).toBeNull();
});
