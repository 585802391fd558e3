// Tests of the tally: kept up user by user, it equals one made of the users as they are at the end.

import { expect, test } from 'vitest';
import type { EventType } from '../contracts/event.ts';
import type { Exposure, Metric } from '../contracts/experiment.ts';
import { createSeededRng } from '../features/rng.ts';
import { EMPTY_TALLY, listMoments, replaceUsers, type Tally } from './tally.ts';
import {
  addCredit,
  addEvent,
  addExposure,
  COUNTED_TYPES,
  NO_EVENTS,
  readTerms,
  startUser,
  type UserTotals,
} from './user-totals.ts';
import { MomentSums } from './variant-moments.ts';

const expose = (change: Partial<Exposure> = {}): Exposure => ({
  experimentId: 'e',
  variant: 'control',
  userId: 'u',
  recommendationId: 'r',
  at: 1_000,
  isNewUser: false,
  degraded: false,
  isEmpty: false,
  failed: false,
  elapsedMs: 5,
  ...change,
});
const enter = (change: Partial<Exposure> = {}) => addExposure(startUser(expose(change), NO_EVENTS), expose(change));
const act = (user: UserTotals, type: EventType, value: number | null = null): UserTotals => ({
  ...user,
  after: addEvent(user.after, { type, value }),
});

const readMoments = (tally: Tally, variant: string, metric: Metric) =>
  new MomentSums(listMoments(tally)).get(metric, variant, 'all');

test('a tally kept up user by user equals one of the users at the end', () => {
  const random = createSeededRng(7);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const users = new Map<number, UserTotals>();
  let tally = EMPTY_TALLY;
  for (let step = 0; step < 600; step++) {
    const changes = Array.from({ length: 3 }, () => {
      const id = Math.floor(random() * 40);
      const before = users.get(id);
      const change = { variant: pick(['control', 'bold']), isNewUser: id % 3 === 0, isEmpty: random() < 0.1 };
      const after =
        before === undefined
          ? enter(change)
          : random() < 0.2
            ? addExposure(before, expose(change))
            : act(before, pick(COUNTED_TYPES), 10 * random());
      users.set(id, after);
      return { before, after };
    });
    tally = replaceUsers(tally, changes);
  }
  const expected = replaceUsers(
    EMPTY_TALLY,
    [...users.values()].map((after) => ({ before: undefined, after })),
  );
  for (const variant of ['control', 'bold'])
    for (const metric of ['click-rate', 'play-minutes', 'empty-rate'] as const) {
      const [own, whole] = [readMoments(tally, variant, metric), readMoments(expected, variant, metric)];
      expect(own.users).toBe(whole.users);
      expect(own.answers).toBe(whole.answers);
      for (const [n, sum] of own.sums.entries()) expect(sum).toBeCloseTo(whole.sums[n]!, 6);
      for (const [n, product] of own.products.entries()) expect(product).toBeCloseTo(whole.products[n]!, 4);
    }
  const all = readMoments(tally, 'control', 'clicks').users + readMoments(tally, 'bold', 'clicks').users;
  expect(all).toBe(users.size);
});

test('terms are clicks over impressions, means per user, and shares of the answers', () => {
  let user = enter({ degraded: true });
  for (const type of ['impression', 'impression', 'click', 'like', 'unlike'] as const) user = act(user, type);
  user = addExposure(act(user, 'play', 30), expose({ elapsedMs: 7 }));
  expect(readTerms(user, 'click-rate')).toEqual([1, 2, 0, 0]);
  expect(readTerms(user, 'like-rate')).toEqual([0, 2, 0, 0]);
  expect(readTerms(user, 'play-minutes')).toEqual([30, 1, 0, 1]);
  expect(readTerms(user, 'fallback-rate')).toEqual([1, 2, 0, 0]);
  expect(readTerms(user, 'answer-ms')).toEqual([12, 2, 0, 0]);
});

test('one robot counts for little', () => {
  let user = enter();
  for (let click = 0; click < 5_000; click++) user = act(user, 'click');
  expect(readTerms(user, 'clicks')[0]).toBe(2_000);
});

test('a rate stays what it is if a robot’s impressions or answers are more than count', () => {
  const user: UserTotals = {
    ...enter(),
    answers: 8_000,
    failed: 2_000,
    elapsedMs: 40_000,
    after: { ...NO_EVENTS, impressions: 8_000, clicks: 400, dismissals: 16_000 },
  };
  expect(readTerms(user, 'click-rate').slice(0, 2)).toEqual([100, 2_000]);
  expect(readTerms(user, 'dismissal-rate').slice(0, 2)).toEqual([2_000, 2_000]);
  expect(readTerms(user, 'failure-rate')).toEqual([500, 2_000, 0, 0]);
  expect(readTerms(user, 'answer-ms')).toEqual([10_000, 2_000, 0, 0]);
  const { answers } = readMoments(replaceUsers(EMPTY_TALLY, [{ before: undefined, after: user }]), 'control', 'clicks');
  expect(answers).toBe(2_000);
});

test('retractions of acts that were not counted are not below zero', () => {
  let user = enter();
  for (let step = 0; step < 3; step++) user = act(user, 'undismiss');
  user = act(user, 'play', -5);
  for (const metric of ['dismissal-rate', 'play-minutes'] as const) expect(readTerms(user, metric)[0]).toBe(0);
});

test('a variant may have the name of a property that every object has', () => {
  for (const variant of ['constructor', '__proto__', 'toString']) {
    const user = enter({ variant });
    const tally = replaceUsers(EMPTY_TALLY, [{ before: undefined, after: user }]);
    expect(readMoments(JSON.parse(JSON.stringify(tally)), variant, 'clicks').users).toBe(1);
    expect(Object.entries(addCredit(addCredit(user, variant), variant).credits)).toEqual([[variant, 2]]);
  }
});

test('a user whose variant changes starts anew, with the same days before', () => {
  const before = addEvent(NO_EVENTS, { type: 'click', value: null });
  const first = act({ ...enter(), before }, 'click');
  const second = addExposure(first, expose({ variant: 'bold', at: 2_000 }));
  expect(second).toMatchObject({ variant: 'bold', exposedAt: 2_000, answers: 1, after: NO_EVENTS, before });
});
