import { expect, test } from 'vitest';
import { createSeededRng } from '../features/rng.ts';
import { assign } from './assignment.ts';
import { type CanaryDecision, decideCanary, draftCanary, isCanary, raiseCanary, releaseOf } from './canary.ts';
import { startExperiment } from './lifecycle.ts';
import { EMPTY_TALLY, listMoments, replaceUsers } from './tally.ts';
import { NO_EVENTS, startUser, type UserTotals } from './user-totals.ts';
import type { VariantMoments } from './variant-moments.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const IMPRESSIONS = 40;

function start(share = 0.05) {
  const started = startExperiment(draftCanary('r2', share, NOW), [], null, NOW);
  if (!started.ok) throw new Error(started.error);
  return started.value;
}

/** Users of each side, who click `rates` of their impressions, with habits of their own. */
function draw(
  users: number,
  rates: { control: number; canary: number },
  { answers = 4, counts = { control: users, canary: users } } = {},
) {
  const random = createSeededRng(3);
  const drawUser = (variant: 'control' | 'canary'): UserTotals => {
    const rate = rates[variant] * (0.5 + random());
    const clicks = Array.from({ length: IMPRESSIONS }, () => Number(random() < rate)).reduce((sum, one) => sum + one);
    const user = startUser({ variant, at: 0, isNewUser: false }, NO_EVENTS, {
      ...NO_EVENTS,
      impressions: IMPRESSIONS,
      clicks,
      plays: clicks,
    });
    return { ...user, answers };
  };
  const changes = (['control', 'canary'] as const).flatMap((variant) =>
    Array.from({ length: counts[variant] }, () => ({ before: undefined, after: drawUser(variant) })),
  );
  return listMoments(replaceUsers(EMPTY_TALLY, changes));
}
const decide = (share: number, moments: readonly VariantMoments[]): CanaryDecision =>
  decideCanary(raiseCanary(start(), share), moments);

test('a canary is an experiment in a layer of its own, that ends by itself', () => {
  const canary = start();
  expect(canary).toMatchObject({
    experimentId: 'canary-r2',
    layer: 'release',
    slice: { from: 0, to: 0.1 },
    endsAt: '2026-05-27T12:00:00.000Z',
  });
  expect([isCanary(canary), releaseOf(canary)]).toEqual([true, 'r2']);
});

test('an equal release goes from step to step, and into use once it is shown to be as good', () => {
  const rates = { control: 0.2, canary: 0.2 };
  expect(decide(0.05, draw(100, rates))).toEqual({ kind: 'wait' });
  expect(decide(0.05, draw(125, rates))).toEqual({ kind: 'raise', share: 0.25 });
  expect(decide(0.25, draw(300, rates))).toEqual({ kind: 'wait' });
  expect(decide(0.25, draw(700, rates))).toEqual({ kind: 'raise', share: 0.5 });
  expect(decide(0.5, draw(700, rates))).toEqual({ kind: 'wait' });
  expect(decide(0.5, draw(2_000, rates))).toEqual({ kind: 'finish' });
});

test('a release that may be a tenth worse is not put into use, whatever the number of answers', () => {
  expect(decide(0.5, draw(130, { control: 0.2, canary: 0.2 }, { answers: 400 }))).toEqual({ kind: 'wait' });
  expect(decide(0.5, draw(4_000, { control: 0.2, canary: 0.18 })).kind).toBe('stop');
});

test('a bad release stops at the first step, with the figures', () => {
  const bad = decide(0.05, draw(200, { control: 0.2, canary: 0.1 }));
  expect(bad).toEqual({
    kind: 'stop',
    reason: expect.stringMatching(/^click-rate is 0\.\d+, that of the release in use 0\.\d+$/),
  });
});

test('a broken assignment stops it', () => {
  const lopsided = draw(0, { control: 0.2, canary: 0.2 }, { counts: { control: 900, canary: 700 } });
  expect(decide(0.05, lopsided)).toMatchObject({ kind: 'stop', reason: expect.stringContaining('lost') });
});

test('no player changes sides while the share grows', () => {
  const canary = start();
  const users = Array.from({ length: 500 }, (_, index) => `player-${index}`);
  let before = users.map((userId) => assign(userId, canary));
  for (const share of [0.25, 0.5]) {
    const after = users.map((userId) => assign(userId, raiseCanary(canary, share)));
    expect(after.filter((variant, index) => before[index] !== undefined && variant !== before[index])).toEqual([]);
    expect(after.filter(Boolean).length).toBeGreaterThan(before.filter(Boolean).length);
    before = after;
  }
  expect(before.every(Boolean)).toBe(true);
});
