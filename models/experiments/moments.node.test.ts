import { expect, test } from 'vitest';
import { createRandom, type Random } from '../data/random.ts';
import { bootstrapMeans } from '../evaluation/significance.ts';
import { compareGroups } from './compare.ts';
import { adjust } from './cuped.ts';
import {
  addMoments,
  computeCovariance,
  EMPTY_MOMENTS,
  type Moments,
  momentsOfUser,
  type UserTerms,
} from './moments.ts';
import { estimateRatio } from './ratio.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const covariance = (a: readonly number[], b: readonly number[]) =>
  sum(a.map((value, n) => (value - mean(a)) * (b[n]! - mean(b)))) / (a.length - 1);
const sumUsers = (users: readonly UserTerms[]): Moments =>
  users.map((terms) => momentsOfUser(terms, 1)).reduce(addMoments, EMPTY_MOMENTS);
const group = (users: readonly UserTerms[]) => {
  const moments = sumUsers(users);
  return { moments, ratio: estimateRatio(moments)! };
};

/** Users who differ in how much they see and in how often they click, before and after. */
function drawUsers(random: Random, count: number): UserTerms[] {
  return Array.from({ length: count }, () => {
    const rate = 0.2 * random.next();
    const draw = (impressions: number) => {
      let clicks = 0;
      for (let n = 0; n < impressions; n++) clicks += random.chance(rate) ? 1 : 0;
      return [clicks, impressions] as const;
    };
    return [...draw(5 + random.below(40)), ...draw(random.below(60))];
  });
}

test('moments of groups add up, and give the covariance of any two combinations of the terms', () => {
  const users = drawUsers(createRandom(3, 'covariance'), 200);
  const combine = (coefficients: readonly number[]) =>
    users.map((terms) => sum(terms.map((term, n) => term * coefficients[n]!)));
  const parts = addMoments(sumUsers(users.slice(0, 70)), sumUsers(users.slice(70)));
  for (const [a, b] of [
    [
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ],
    [
      [1, -0.2, 3, 0],
      [0.5, 2, -1, 0.1],
    ],
    [
      [0, 1, 1, 0],
      [0, 1, 1, 0],
    ],
  ] as const)
    expect(computeCovariance(parts, a, b)).toBeCloseTo(covariance(combine(a), combine(b)), 8);
  expect(parts).toEqual({ ...sumUsers(users), users: 200, answers: 200 });
  expect(computeCovariance(sumUsers(users.slice(0, 1)), [1, 0, 0, 0], [1, 0, 0, 0])).toBe(0);
  // Rounding: the same large number a million times has no variance, and no negative one.
  const same = momentsOfUser([1e8 + 0.1, 1, 0, 0], 1);
  const many = [same, same, same, same, same, same, same].reduce(addMoments, EMPTY_MOMENTS);
  const numerator = [1, 0, 0, 0];
  expect(computeCovariance(many, numerator, numerator)).toBeGreaterThanOrEqual(0);
});

test('a ratio’s standard error is that of the bootstrap over users, and it covers as often as it says', () => {
  const users = drawUsers(createRandom(3, 'bootstrap'), 1_500);
  const { moments, ratio } = group(users);
  expect(ratio.value).toBeCloseTo(sum(users.map(([y]) => y)) / sum(users.map(([, x]) => x)), 12);
  const error = Math.sqrt(computeCovariance(moments, ratio.influence, ratio.influence) / users.length);
  const [low, high] = bootstrapRatio(users);
  // A thousand resamples know the width of a 95% interval to some percent.
  expect(Math.abs((high - low) / (2 * 1.96 * error) - 1)).toBeLessThan(0.12);
  // Pretending that impressions are independent gives another, shorter interval.
  const naive = Math.sqrt((ratio.value * (1 - ratio.value)) / sum(users.map(([, x]) => x)));
  expect(naive).toBeLessThan(0.8 * error);
  const random = createRandom(3, 'coverage');
  let covered = 0;
  for (let trial = 0; trial < 400; trial++) {
    const sample = group(drawUsers(random, 300));
    const { influence } = sample.ratio;
    const half = 1.96 * Math.sqrt(computeCovariance(sample.moments, influence, influence) / 300);
    // Rates are uniform up to 0.2 and independent of what users see.
    if (Math.abs(sample.ratio.value - 0.1) <= half) covered++;
  }
  // 380 expected, standard deviation 4.4.
  expect(Math.abs(covered - 380)).toBeLessThan(16);
});

/** Percentile interval of the ratio, by resampling whole users. */
function bootstrapRatio(users: readonly UserTerms[]): [number, number] {
  const random = createRandom(3, 'resamples');
  const ratios = Array.from({ length: 1_000 }, () => {
    let [clicks, impressions] = [0, 0];
    for (let n = 0; n < users.length; n++) {
      const [y, x] = users[random.below(users.length)]!;
      clicks += y;
      impressions += x;
    }
    return clicks / impressions;
  }).sort((a, b) => a - b);
  return [ratios[25]!, ratios[974]!];
}

test('a mean’s standard error is that of the bootstrap of means', () => {
  const users = drawUsers(createRandom(3, 'means'), 1_500).map(([y, , before]): UserTerms => [y, 1, before, 1]);
  const { moments, ratio } = group(users);
  const error = Math.sqrt(computeCovariance(moments, ratio.influence, ratio.influence) / users.length);
  const [interval] = bootstrapMeans([Float64Array.from(users, ([y]) => y)], createRandom(3, 'means'));
  expect(Math.abs((interval![1] - interval![0]) / (2 * 1.96 * error) - 1)).toBeLessThan(0.12);
  // The same users cut into two unequal groups.
  const { standardError, value } = compareGroups(group(users.slice(0, 500)), group(users.slice(500)));
  const values = users.map(([y]) => y);
  const [first, second] = [values.slice(0, 500), values.slice(500)];
  expect(value).toBeCloseTo(mean(second) - mean(first), 12);
  const separate = Math.sqrt(covariance(first, first) / 500 + covariance(second, second) / 1_000);
  expect(standardError).toBeGreaterThanOrEqual(separate - 1e-12);
  expect(standardError / separate).toBeLessThan(1.05);
  // Against twice the control: its variance counts four times.
  const doubled = compareGroups(group(users.slice(0, 750)), group(users.slice(750)), 2);
  const [early, late] = [values.slice(0, 750), values.slice(750)];
  expect(doubled.value).toBeCloseTo(mean(late) - 2 * mean(early), 12);
  expect(doubled.standardError).toBeCloseTo(
    Math.sqrt((4 * covariance(early, early) + covariance(late, late)) / 750),
    10,
  );
});

test('with the days before, a mean’s variance shrinks by 1 − r² and its difference by what they explain', () => {
  const random = createRandom(3, 'cuped');
  const draw = (count: number, effect: number) =>
    Array.from({ length: count }, (): UserTerms => {
      const habit = random.normal();
      return [5 + 0.8 * habit + 0.6 * random.normal() + effect, 1, 10 + 3 * habit, 1];
    });
  const [control, variant] = [group(draw(4_000, 0)), group(draw(4_000, 0.2))];
  const adjusted = adjust(control, variant)!;
  const raw = compareGroups(control, variant);
  const reduced = compareGroups(adjusted.control, adjusted.variant);
  // r = 0.8: the variance is 0.36 of what it was; r is known to half a percent.
  expect((reduced.standardError / raw.standardError) ** 2).toBeCloseTo(0.36, 1);
  const within = ({ moments }: typeof control, a: number, b: number) => {
    const unit = (at: number) => [0, 1, 2, 3].map((n) => (n === at ? 1 : 0));
    return computeCovariance(moments, unit(a), unit(b));
  };
  const pooled = (a: number, b: number) => within(control, a, b) + within(variant, a, b);
  const rSquare = pooled(0, 2) ** 2 / (pooled(0, 0) * pooled(2, 2));
  expect((reduced.standardError / raw.standardError) ** 2).toBeCloseTo(1 - rSquare, 6);
  expect(Math.abs(reduced.value - 0.2)).toBeLessThan(4 * reduced.standardError);
  const theta = pooled(0, 2) / pooled(2, 2);
  const before = (users: typeof control) => users.moments.sums[2]! / users.moments.users;
  expect(reduced.value).toBeCloseTo(raw.value - theta * (before(variant) - before(control)), 10);
});

test('with the days before, a ratio’s interval is shorter and still covers; without any, nothing is adjusted', () => {
  const random = createRandom(3, 'adjusted');
  let [covered, widths] = [0, 0];
  for (let trial = 0; trial < 600; trial++) {
    const [control, variant] = [group(drawUsers(random, 200)), group(drawUsers(random, 200))];
    const adjusted = adjust(control, variant)!;
    const { value, standardError } = compareGroups(adjusted.control, adjusted.variant);
    if (Math.abs(value) < 1.96 * standardError) covered++;
    widths += standardError / compareGroups(control, variant).standardError;
  }
  // 570 expected, standard deviation 5.3.
  expect(Math.abs(covered - 570)).toBeLessThan(19);
  expect(widths / 600).toBeLessThan(0.95);
  const strangers = group(drawUsers(random, 100).map(([y, x]): UserTerms => [y, x, 0, 0]));
  expect(adjust(strangers, strangers)).toBeNull();
  const alike = group(drawUsers(random, 100).map(([y]): UserTerms => [y, 1, 4, 1]));
  expect(adjust(alike, alike)).toBeNull();
  // All clicked at the same rate before, some more often: nothing in it predicts a rate.
  const steady = group(drawUsers(random, 100).map(([y, x], n): UserTerms => [y, x, n, 10 * n]));
  expect(adjust(steady, steady)).toBeNull();
});

test('a small group in which nothing happened is not taken to be without variance', () => {
  const clicks = (count: number, share: number) =>
    group(Array.from({ length: count }, (_, n): UserTerms => [n < count * share ? 1 : 0, 10, 0, 0]));
  const { value, standardError } = compareGroups(clicks(2_000, 0.05), clicks(60, 0));
  expect(value / standardError).toBeGreaterThan(-2);
  // Of one size, each group has its own variance: 0 and 0.05 · 0.95.
  const even = compareGroups(clicks(2_000, 0.05), clicks(2_000, 0));
  expect(even.standardError).toBeCloseTo(Math.sqrt((0.05 * 0.95) / 1_999) / 10, 10);
});

test('values that are all alike differ by rounding alone, and this is no difference', () => {
  const alike = (count: number) => group(Array.from({ length: count }, (): UserTerms => [0.1, 1, 0, 0]));
  const { value, standardError } = compareGroups(alike(200), alike(600));
  expect(Math.abs(value)).toBeGreaterThan(0);
  expect(Math.abs(value)).toBeLessThan(standardError / 100);
});

test('a ratio without a denominator is not measured', () => {
  expect(estimateRatio(EMPTY_MOMENTS)).toBeNull();
});
