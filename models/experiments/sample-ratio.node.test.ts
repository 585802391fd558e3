import { expect, test } from 'vitest';
import { assign } from './assignment.ts';
import { computeChiSquareTail } from './chi-square.ts';
import { testSampleRatio } from './sample-ratio.ts';

test('the tail of χ² is that of the tables', () => {
  for (const [value, freedom, tail] of [
    [3.841459, 1, 0.05],
    [10.827566, 1, 0.001],
    [0.000157, 1, 0.99],
    [5.991465, 2, 0.05],
    [14.06714, 7, 0.05],
    [24.321886, 7, 0.001],
    [1.239042, 7, 0.99],
  ] as const)
    expect(computeChiSquareTail(value, freedom) / tail).toBeCloseTo(1, 3);
  // Two degrees of freedom: exp(−x/2).
  expect(computeChiSquareTail(60, 2) / Math.exp(-30)).toBeCloseTo(1, 8);
  expect(computeChiSquareTail(0, 3)).toBe(1);
});

test('users by variant are held against the shares', () => {
  const ratio = testSampleRatio([
    { variant: 'a', share: 0.5, users: 480 },
    { variant: 'b', share: 0.3, users: 320 },
    { variant: 'c', share: 0.2, users: 200 },
  ]);
  expect(ratio.variants.map(({ expectedUsers }) => expectedUsers)).toEqual([500, 300, 200]);
  // 400/500 + 400/300 = 2.1333.
  expect(ratio.chiSquare).toBeCloseTo(2.13333, 4);
  expect(ratio.pValue).toBeCloseTo(Math.exp(-2.13333 / 2), 4);
  expect(ratio.isBroken).toBe(false);
  expect(
    testSampleRatio([
      { variant: 'a', share: 0.5, users: 0 },
      { variant: 'b', share: 0.5, users: 0 },
    ]).pValue,
  ).toBe(1);
  expect(testSampleRatio([{ variant: 'a', share: 0.5, users: 9 }])).toMatchObject({ pValue: 1, isBroken: false });
});

test('an assignment that loses one user in twenty of a variant is found, the whole one is not', () => {
  const experiment = {
    experimentId: 'ratio',
    layer: 'default',
    slice: { from: 0, to: 1 },
    variants: [
      { id: 'control', share: 0.5 },
      { id: 'bold', share: 0.5 },
    ],
  };
  const counts = { control: 0, bold: 0, seen: 0 };
  for (let n = 0; n < 60_000; n++) {
    const variant = assign(`user-${n}`, experiment) as 'control' | 'bold';
    counts[variant]++;
    // The exposures of some are lost, as if a client crashed.
    if (variant === 'bold' && n % 20 > 0) counts.seen++;
  }
  const check = (users: number) =>
    testSampleRatio([
      { variant: 'control', share: 0.5, users: counts.control },
      { variant: 'bold', share: 0.5, users },
    ]);
  expect(check(counts.bold).isBroken).toBe(false);
  expect(check(counts.seen).isBroken).toBe(true);
});
