import { expect, test } from 'vitest';
import { computeHoldOutShare, isHeldOut } from '../data/hold-out.ts';
import { createRandom } from '../data/random.ts';
import { judge } from './gate.ts';

/** NDCG@10 of players whose target is first in the list, or not in it at all. */
const figures = (length: number, isHit: (user: number) => boolean) =>
  Float64Array.from({ length }, (_, user) => (isHit(user) ? 1 : 0));

test('the gate refuses a candidate below popularity, or below the release in use by more than noise', () => {
  const good = figures(1000, (user) => user % 4 === 0);
  const poor = figures(1000, (user) => user % 5 === 0);
  expect(judge({ candidate: good, popularity: poor, current: undefined, recent: [] }).publish).toBe(true);
  const belowPopularity = judge({ candidate: poor, popularity: good, current: undefined, recent: [] });
  expect(belowPopularity.publish).toBe(false);
  expect(belowPopularity.reason).toContain('0.2000, popularity 0.2500');

  const lost = (count: number) => figures(1000, (user) => good[user] === 1 && user >= 4 * count);
  const verdict = (candidate: Float64Array) => judge({ candidate, popularity: poor, current: good, recent: [] });
  expect(verdict(good).publish).toBe(true);
  // Two hits fewer in a thousand: −0.002 with a standard error of 0.0014 is noise; ten fewer is not.
  expect(verdict(lost(2)).publish).toBe(true);
  expect(verdict(lost(10)).publish).toBe(false);
  expect(verdict(lost(10)).reason).toContain('worse than the release in use');
  // As many players gain as lose: a wide spread, no difference.
  expect(verdict(figures(1000, (user) => user % 4 === 1)).publish).toBe(true);
});

test('the gate cannot be lowered step by step: it remembers the best of the last ten', () => {
  const lost = (count: number) => figures(1000, (user) => user % 4 === 0 && user >= 4 * count);
  const popularity = figures(1000, (user) => user % 50 === 0);
  // Each loses one hit against the one before: noise. Six such steps are not.
  const releases = [lost(0)];
  for (const step of [1, 2, 3, 4, 5]) {
    const candidate = lost(step);
    expect(judge({ candidate, popularity, current: releases.at(-1), recent: releases }).publish, `${step}`).toBe(true);
    releases.push(candidate);
  }
  const candidate = lost(6);
  const current = releases.at(-1);
  expect(judge({ candidate, popularity, current, recent: [] }).publish).toBe(true);
  const { publish, reason } = judge({ candidate, popularity, current, recent: releases });
  expect(publish).toBe(false);
  expect(reason).toMatch(
    /the best of the last 6 0\.2500 \(difference -0\.0060, .*: worse than the best of the last 6$/,
  );
});

test('the gate hardly refuses an equal release, although the best of ten equal ones was lucky', () => {
  const random = createRandom(1, 'gate');
  const draw = () => figures(500, () => random.chance(0.25));
  const popularity = new Float64Array(500);
  const trials = 400;
  let refused = 0;
  for (let trial = 0; trial < trials; trial++) {
    const recent = Array.from({ length: 10 }, draw);
    if (!judge({ candidate: draw(), popularity, current: undefined, recent }).publish) refused++;
  }
  // With the noise of a single comparison it would be 26%.
  expect(refused / trials).toBeLessThan(0.06);
  expect(refused).toBeGreaterThan(0);
});

test('the held-out share has the given size, stays the same, and only shrinks as players join', () => {
  expect([1, 1999, 2000, 20_000, 40_000, 1_000_000].map(computeHoldOutShare)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.01]);
  const ids = Array.from({ length: 20_000 }, (_, n) => `player-${n}`);
  for (const share of [1, 0.5, 0.1]) {
    const heldOut = ids.filter((id) => isHeldOut(id, share)).length / ids.length;
    expect(Math.abs(heldOut - share)).toBeLessThan(0.015);
  }
  expect(ids.filter((id) => isHeldOut(id, 0.1) && !isHeldOut(id, 0.5))).toEqual([]);
  // A change would measure new releases on players that earlier ones were trained on.
  expect(['a', 'player-1', 'Ærø', '76561197960287930'].map((id) => isHeldOut(id, 0.5))).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
