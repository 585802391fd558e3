import { expect, test } from 'vitest';
import { computeHoldOutShare, isHeldOut } from '../data/hold-out.ts';
import { judge } from './gate.ts';

/** NDCG@10 of players whose target is first in the list, or not in it at all. */
const figures = (length: number, isHit: (user: number) => boolean) =>
  Float64Array.from({ length }, (_, user) => (isHit(user) ? 1 : 0));

test('the gate refuses a candidate below popularity, or below the release in use by more than noise', () => {
  const good = figures(1000, (user) => user % 4 === 0);
  const poor = figures(1000, (user) => user % 5 === 0);
  expect(judge({ candidate: good, popularity: poor, current: undefined }).publish).toBe(true);
  const belowPopularity = judge({ candidate: poor, popularity: good, current: undefined });
  expect(belowPopularity.publish).toBe(false);
  expect(belowPopularity.reason).toContain('0.2000, popularity 0.2500');

  const lost = (count: number) => figures(1000, (user) => good[user] === 1 && user >= 4 * count);
  const verdict = (candidate: Float64Array) => judge({ candidate, popularity: poor, current: good });
  expect(verdict(good).publish).toBe(true);
  // Two hits fewer in a thousand: −0.002 with a standard error of 0.0014 is noise; ten fewer is not.
  expect(verdict(lost(2)).publish).toBe(true);
  expect(verdict(lost(10)).publish).toBe(false);
  expect(verdict(lost(10)).reason).toContain('worse than the release in use');
  // As many players gain as lose: a wide spread, no difference.
  expect(verdict(figures(1000, (user) => user % 4 === 1)).publish).toBe(true);
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
