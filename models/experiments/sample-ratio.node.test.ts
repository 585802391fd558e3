import { expect, test } from 'vitest';
import { createSeededRng } from '../features/rng.ts';
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

test('a right assignment stays whole, however often it is looked at', () => {
  const broken = Array.from({ length: 100 }, (_, seed) => watchSampleRatio(createSeededRng(seed), 0));
  expect(broken.filter(({ isBroken }) => isBroken)).toEqual([]);
  // χ², which is for one look, is fooled.
  expect(broken.filter(({ pValueMin }) => pValueMin < 0.001)).not.toEqual([]);
});

test('a loss of one player in five is found before 4,000', () => {
  for (let seed = 0; seed < 20; seed++)
    expect(watchSampleRatio(createSeededRng(seed), 0.2, 200).isBroken, `${seed}`).toBe(true);
});

test('the evidence is that of the Dirichlet distribution', () => {
  // One user: the expected share is the right one, so nothing is learned.
  expect(test3([1, 0, 0]).anytimePValue).toBeCloseTo(1, 8);
  // Two of the smallest share: the second is expected with (300 · 0.2 + 1) / (300 + 1) instead of 0.2.
  expect(test3([0, 0, 2]).anytimePValue).toBeCloseTo(0.2 / (61 / 301), 8);
  // Shares need not add up to 1.
  expect(test3([400, 350, 300], 2)).toMatchObject({ anytimePValue: test3([400, 350, 300]).anytimePValue });
});

const test3 = (users: readonly number[], scale = 1) =>
  testSampleRatio([0.5, 0.3, 0.2].map((share, n) => ({ variant: `${n}`, share: share * scale, users: users[n]! })));

/** Twenty players arrive before each look; a share of the variant's is lost. Stops as soon as it is broken. */
function watchSampleRatio(random: () => number, lost: number, looks = 4_000) {
  const users = [0, 0];
  let pValueMin = 1;
  for (let look = 0; look < looks; look++) {
    for (let n = 0; n < 20; n++) {
      if (random() < 0.5) users[0] = users[0]! + 1;
      else if (random() >= lost) users[1] = users[1]! + 1;
    }
    const ratio = testSampleRatio(users.map((count, n) => ({ variant: `${n}`, share: 0.5, users: count })));
    if (ratio.isBroken) return { isBroken: true, pValueMin };
    pValueMin = Math.min(pValueMin, ratio.pValue);
  }
  return { isBroken: false, pValueMin };
}
