import { expect, it } from 'vitest';
import type { EventType } from '../contracts/event.ts';
import type { SignalEvent } from '../contracts/signals.ts';
import { countShown } from './shown.ts';

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
  return Object.fromEntries(countShown(signals, now).map(({ itemId, passedOver }) => [itemId, passedOver]));
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
