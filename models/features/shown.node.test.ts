import { expect, it } from 'vitest';
import type { EventType } from '../contracts/event.ts';
import type { SignalEvent } from '../contracts/signals.ts';
import { createSeededRng } from './rng.ts';
import { prepareShown, readShown } from './shown.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const NOW = Date.UTC(2026, 0, 31, 12);

let events = 0;
const event = (type: EventType, itemId: string | null, minutesAgo: number): SignalEvent => ({
  id: `e${events++}`,
  type,
  itemId,
  value: null,
  query: null,
  timestamp: NOW - minutesAgo * MINUTE,
});
const impressions = (itemId: string, ...minutesAgo: number[]) =>
  minutesAgo.map((ago) => event('impression', itemId, ago));

/** Times passed over, by item. */
function count(log: readonly SignalEvent[], now = NOW): Record<string, number> {
  const newestFirst = log.toSorted((a, b) => b.timestamp - a.timestamp);
  const isImpression = ({ type }: SignalEvent) => type === 'impression';
  const signals = {
    impressions: newestFirst.filter(isImpression),
    actions: newestFirst.filter((one) => !isImpression(one)),
  };
  return Object.fromEntries(
    readShown(prepareShown(signals), now).map(({ itemId, passedOver }) => [itemId, passedOver]),
  );
}

it('counts nothing while a page is scrolled, and what was passed over once the player moves on', () => {
  const scrolled = [...impressions('a', 9, 7, 5), ...impressions('b', 6), ...impressions('c', 2)];
  expect(count(scrolled)).toEqual({ a: 0, b: 0, c: 0 });
  // By an action on another item: once per session and a little more for each repetition.
  expect(count([...scrolled, event('click', 'd', 3)])).toEqual({ a: 2, b: 1, c: 0 });
  expect(count([...scrolled, event('search', null, 3)])).toEqual({ a: 2, b: 1, c: 0 });
  // By the end of the session.
  expect(count(scrolled, NOW + 25 * MINUTE)).toEqual({ a: 0, b: 0, c: 0 });
  expect(count(scrolled, NOW + 29 * MINUTE)).toEqual({ a: 2, b: 1, c: 1 });
});

it('an event dated ahead does not end the session', () => {
  expect(count([...impressions('a', 5), ...impressions('b', -60)])).toEqual({ a: 0, b: 0 });
});

it('an action on an item lifts what was passed over before', () => {
  const log = [...impressions('a', 90, 80), ...impressions('b', 90), event('click', 'a', 50), ...impressions('a', 40)];
  expect(count(log)).toEqual({ a: 1, b: 1 });
});

it('counts each session, and half as much a week later', () => {
  const days = (...daysAgo: number[]) => daysAgo.map((ago) => ago * 1_440);
  expect(count(impressions('a', ...days(0.1, 0.2, 0.3))).a).toBe(3);
  expect(count(impressions('a', ...days(7.1, 7.2, 7.3))).a).toBe(1.5);
  // The count changes by the day, so that a page keeps its order for as long as it is read.
  const log = impressions('a', ...days(3.3));
  expect(count(log, NOW + 0.5 * DAY)).toEqual(count(log));
  expect(count(log, NOW + DAY).a).toBeLessThan(count(log).a!);
});

it('counts even in an open session what was shown more often than anybody scrolls', () => {
  expect(count(impressions('a', ...Array(10).fill(1)))).toEqual({ a: 0 });
  expect(count(impressions('a', ...Array(13).fill(1)))).toEqual({ a: 2 });
});

it('counts the same, at any time, from what was prepared before as from the events at that time', () => {
  const random = createSeededRng(11);
  const pick = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 200; round++) {
    const log = Array.from({ length: 1 + pick(40) }, () =>
      // Bursts within a session, some dated ahead, over some weeks.
      event(
        pick(4) === 0 ? 'click' : 'impression',
        `item-${pick(4)}`,
        pick(3) * 9 * 1_440 + pick(3) * 45 + pick(50) - 9,
      ),
    ).sort((a, b) => b.timestamp - a.timestamp);
    const impressions = log.filter(({ type }) => type === 'impression');
    const actions = log.filter(({ type }) => type !== 'impression');
    const prepared = prepareShown({ impressions, actions });
    for (const minutes of [-20, 0, 9, 29, 31, 1_440, 20_000]) {
      const now = NOW + minutes * MINUTE;
      const passedOver = Object.fromEntries(readShown(prepared, now).map((item) => [item.itemId, item.passedOver]));
      expect(passedOver).toEqual(countFromScratch(impressions, actions, now));
    }
  }
});

/** As shown.ts defines it, with a session for each event, found by walking back from now. */
function countFromScratch(impressions: SignalEvent[], actions: SignalEvent[], now: number): Record<string, number> {
  const times = [...impressions, ...actions].map(({ timestamp }) => Math.min(now, timestamp)).sort((a, b) => b - a);
  const sessionOf = (at: number) => {
    let session = 0;
    let later = now;
    for (const time of times.filter((one) => one >= Math.min(now, at))) {
      if (later - time > 30 * MINUTE) session++;
      later = time;
    }
    return session;
  };
  const movedOnAt = actions[0]?.timestamp ?? Number.NEGATIVE_INFINITY;
  const counts = new Map<string, Map<number, { passedOver: number; open: number; at: number }>>();
  for (const { itemId, timestamp: at } of impressions) {
    if (actions.some((action) => action.itemId === itemId && action.timestamp >= at)) continue;
    const sessions = counts.get(itemId!) ?? new Map();
    counts.set(itemId!, sessions);
    const session = sessionOf(at);
    const count = sessions.get(session) ?? { passedOver: 0, open: 0, at };
    sessions.set(session, count);
    count[session === 0 && at >= movedOnAt ? 'open' : 'passedOver']++;
  }
  const discount = ({ passedOver, open, at }: { passedOver: number; open: number; at: number }) =>
    Math.log2(1 + passedOver + Math.max(0, open - 10)) * 0.5 ** (Math.max(0, Math.floor((now - at) / DAY)) / 7);
  return Object.fromEntries(
    Array.from(counts, ([itemId, sessions]) => [
      itemId,
      [...sessions.values()].reduce((sum, one) => sum + discount(one), 0),
    ]),
  );
}
