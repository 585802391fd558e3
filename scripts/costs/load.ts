// The month of a store, made up from what one of each thing uses. The assumptions about players are here.

import { addUsages, type Meter, makeUsage, STORED_METERS, scaleUsage, type Usage } from './usage.ts';

/** Use by requests. It depends on their number: queues deliver many messages at once, or each alone. */
export interface Traffic {
  /** An event in a request of ten, until it is logged, counted and exported. */
  event: Usage;
  /** A gallery that a player requests, until its answer is logged and exported. */
  gallery: Usage;
}
export const PACES = ['calm', 'busy'] as const;
/** `calm`: every few seconds a request; `busy`: one after the other. */
export type Pace = (typeof PACES)[number];

/** Measured use, by the thing that it grows with. */
export interface Measured extends Record<Pace, Traffic> {
  /** A cold isolate's first answer. */
  isolateStart: Usage;
  /** The first gallery and the first ten events of a new player. */
  firstVisit: Usage;
  /** A gallery that the hourly job composes for a player of the last week. */
  hourlyGallery: Usage;
  /** Crons of a month, without the galleries. */
  jobs: Usage;
}

export interface Load {
  events: number;
  galleries: number;
}
export interface Month extends Load {
  pace: Pace;
  players: number;
  hourlyGalleries: number;
  isolateStarts: number;
}

/** Assumed: a player sends this many events a month, and is active in each of its weeks. */
export const EVENTS_PER_PLAYER = 100;
export const EVENTS_PER_REQUEST = 10;
const HOURS = 30 * 24;
/** Assumed: every location starts an isolate every hour. */
const LOCATIONS = 50;
/** From here on, several galleries arrive while a queue waits for a batch. */
const BUSY_PER_MONTH = 10_000_000;

export function planMonth({ events, galleries }: Load): Month {
  const players = Math.ceil(events / EVENTS_PER_PLAYER);
  const pace = galleries < BUSY_PER_MONTH ? 'calm' : 'busy';
  return { events, galleries, pace, players, hourlyGalleries: players * HOURS, isolateStarts: LOCATIONS * HOURS };
}

/** A first month: all players are new, and nothing of an earlier month is stored. */
export const addUpMonth = (measured: Measured, month: Month): Usage =>
  addUsages([
    scaleUsage(withoutStored(measured.isolateStart), month.isolateStarts),
    scaleUsage(measured.firstVisit, month.players),
    scaleUsage(measured[month.pace].event, month.events),
    scaleUsage(measured[month.pace].gallery, month.galleries),
    // Each hour's gallery replaces the one before.
    scaleUsage(withoutStored(measured.hourlyGallery), month.hourlyGalleries),
    scaleUsage(onlyStored(measured.hourlyGallery), month.players),
    measured.jobs,
  ]);

const withoutStored = (usage: Usage): Usage => select(usage, (meter) => !STORED_METERS.has(meter));
const onlyStored = (usage: Usage): Usage => select(usage, (meter) => STORED_METERS.has(meter));
const select = (usage: Usage, isWanted: (meter: Meter) => boolean): Usage =>
  makeUsage((meter) => (isWanted(meter) ? usage[meter] : 0));
