// A log of a few players, small enough to compute each query's result by hand.

import { makeEvent } from './event.ts';
import { makeSlate } from './slate.ts';

/** A Monday. */
const MONDAY = Date.UTC(2026, 2, 9);
export const HOUR = 3_600_000;
export const at = (days: number, hours = 0) => MONDAY + (24 * days + hours) * HOUR;
let id = 0;
const event = (...[userId, type, itemId, time, more]: Parameters<typeof makeEvent>) =>
  makeEvent(userId, type, itemId, time, { id: `e${id++}`, ...more });
export const EVENTS = [
  event('ann', 'play', 'a', at(0)),
  event('ann', 'play', 'a', at(0, 1)),
  event('ann', 'like', 'b', at(0, 2)),
  event('ben', 'purchase', 'a', at(0, 23)),
  event('ben', 'impression', 'c', at(1)),
  event('ben', 'play', 'b', at(1, 1)),
  event('ann', 'wishlist', 'c', at(8)),
  event('cem', 'click', 'g1', at(15), { recommendationId: 'r1' }),
  event('cem', 'click', 'g1', at(15, 1), { recommendationId: 'r1' }),
];
/**
 * Events taken back, badly rated, votes changed, before a reset, and around two ends of years, the first of a leap
 * year.
 */
export const MORE_EVENTS = [
  event('eve', 'purchase', 'a', at(0)),
  event('eve', 'refund', 'a', at(0, 1)),
  event('eve', 'purchase', 'b', at(0)),
  event('flo', 'rate', 'b', at(0), { value: 5 }),
  event('flo', 'rate', 'c', at(0), { value: 1 }),
  event('gus', 'play', 'c', at(0)),
  event('hal', 'rate', 'c', at(0), { value: 5 }),
  event('hal', 'rate', 'c', at(0, 1), { value: 1 }),
  event('ivy', 'like', 'c', at(0)),
  event('ivy', 'dislike', 'c', at(0, 1)),
  event('gus', 'reset', 'none', at(0, 1), { itemId: null }),
  ...[0, 1, 5, 58, 111].map((week) => event('flo', 'click', 'a', Date.UTC(2024, 1, 26) + 7 * week * 24 * HOUR)),
  event('flo', 'impression', 'a', Date.UTC(2024, 1, 12)),
];
export const SLATES = [
  { ...makeSlate('r1', 'cem', at(15)), samplingRate: 1 },
  { ...makeSlate('r2', 'dan', at(15)), samplingRate: 0.25 },
  { ...makeSlate('r3', 'eve', at(16)), samplingRate: 1, tier: 'nearline', release: null },
];
