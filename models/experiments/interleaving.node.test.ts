import { expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { computePValue } from './confidence-sequence.ts';
import { draftTeams } from './interleaving.ts';
import { addPreferences, EMPTY_PREFERENCES, estimatePreference, preferencesOfUser } from './preference.ts';

const coins =
  (...flips: number[]) =>
  () =>
    flips.shift() ?? 0;
const [control, variant] = [0.1, 0.9];

test('both rankings pick their best item left in each round, in random order', () => {
  const rankings = [
    ['a', 'b', 'c', 'd'],
    ['b', 'e', 'a', 'f'],
  ] as const;
  expect(draftTeams<string>(rankings, 5, coins(control, variant, control))).toEqual([
    { item: 'a', team: 0 },
    { item: 'b', team: 1 },
    { item: 'e', team: 1 },
    { item: 'c', team: 0 },
    { item: 'd', team: 0 },
  ]);
  expect(draftTeams<string>(rankings, 2, coins(variant)).map(({ item }) => item)).toEqual(['b', 'a']);
});

test('a ranking that has run out leaves the rest to the other; nothing is repeated', () => {
  expect(draftTeams([[1], [1, 2, 3, 4]], 10, coins(control, control)).map(({ item, team }) => [item, team])).toEqual([
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 1],
  ]);
  expect(draftTeams([[], []], 10, coins())).toEqual([]);
  expect(
    draftTeams(
      [
        [1, 2],
        [2, 1],
      ],
      0,
      coins(),
    ),
  ).toEqual([]);
  const same = draftTeams(
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
    4,
    coins(control, variant),
  );
  expect(same.map(({ item }) => item)).toEqual([1, 2, 3, 4]);
  expect(same.map(({ team }) => team)).toEqual([0, 1, 1, 0]);
});

test('neither team is favoured: both have every position equally often, whatever the rankings', () => {
  const random = createRandom(11, 'fairness');
  const items = Array.from({ length: 30 }, (_, n) => n);
  const ofVariant = new Float64Array(11);
  for (let trial = 0; trial < 10_000; trial++) {
    const rankings = [random.shuffle([...items]).slice(0, 20), random.shuffle([...items]).slice(0, 20)] as const;
    for (const [at, { team }] of draftTeams(rankings, 11, random.next).entries()) ofVariant[at]! += team;
  }
  // 5,000 each, standard deviation 50.
  for (const count of ofVariant) expect(Math.abs(count - 5_000)).toBeLessThan(200);
});

test('a preference is the mean over users, however much each clicks', () => {
  const users = [
    ...Array.from({ length: 60 }, () => preferencesOfUser(0, 2)),
    ...Array.from({ length: 20 }, () => preferencesOfUser(50, 0)),
    ...Array.from({ length: 20 }, () => preferencesOfUser(3, 3)),
  ];
  const moments = users.reduce(addPreferences, EMPTY_PREFERENCES);
  expect(moments).toEqual({ users: 100, clicks: 1_240, sum: 40, squares: 80, wins: 60, losses: 20 });
  const { preference, interval, isSignificant } = estimatePreference(moments);
  expect(preference).toBeCloseTo(0.4, 12);
  expect((interval![0] + interval![1]) / 2).toBeCloseTo(0.4, 12);
  // Standard error √((80 − 40²/100) / 99 / 100) = 0.0804; some three of them.
  expect((interval![1] - interval![0]) / 2 / 0.0804).toBeGreaterThan(2.9);
  expect((interval![1] - interval![0]) / 2 / 0.0804).toBeLessThan(3.5);
  expect(isSignificant).toBe(true);
  // (60 − 20) / √80 = 4.472; ties do not count.
  const deviation = 40 / Math.sqrt(80);
  expect(estimatePreference(moments).signPValue).toBeCloseTo(2 * computePValue(deviation, 1_240, 500), 12);
});

test('few users are no preference', () => {
  const few = Array.from({ length: 29 }, () => preferencesOfUser(0, 1)).reduce(addPreferences, EMPTY_PREFERENCES);
  expect(estimatePreference(few)).toMatchObject({ preference: 1, interval: null, isSignificant: false });
  expect(estimatePreference(EMPTY_PREFERENCES)).toMatchObject({ preference: 0, interval: null, signPValue: 1 });
});
