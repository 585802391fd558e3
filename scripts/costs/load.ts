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
  /** A player of the last week whose gallery is fresh, as the hourly job finds out. */
  hourlyPlayer: Usage;
  /** A gallery that the hourly job composes. */
  batchGallery: Usage;
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
  /** Players that the hourly job looks at, each time. */
  hourlyPlayers: number;
  batchGalleries: number;
  isolateStarts: number;
}

/** Assumed: a player sends this many events a month, and is active in each of its weeks. */
export const EVENTS_PER_PLAYER = 100;
export const EVENTS_PER_REQUEST = 10;
const DAYS = 30;
const HOURS = DAYS * 24;
/** Once a day; after each request with events; and again if these came in the quarter of an hour before. */
const BATCH_GALLERIES_PER_PLAYER = DAYS + 1.25 * (EVENTS_PER_PLAYER / EVENTS_PER_REQUEST);
/** Assumed: every location starts an isolate every hour. */
const LOCATIONS = 50;
/** From here on, several galleries arrive while a queue waits for a batch. */
const BUSY_PER_MONTH = 10_000_000;

export function planMonth({ events, galleries }: Load): Month {
  const players = Math.ceil(events / EVENTS_PER_PLAYER);
  const pace = galleries < BUSY_PER_MONTH ? 'calm' : 'busy';
  const batchGalleries = players * BATCH_GALLERIES_PER_PLAYER;
  const hourlyPlayers = players * HOURS;
  return { events, galleries, pace, players, hourlyPlayers, batchGalleries, isolateStarts: LOCATIONS * HOURS };
}

/** A first month: all players are new, and nothing of an earlier month is stored. */
export const addUpMonth = (measured: Measured, month: Month): Usage =>
  addUsages([
    scaleUsage(withoutStored(measured.isolateStart), month.isolateStarts),
    scaleUsage(measured.firstVisit, month.players),
    // The first gallery and the first events of each player are part of the first visit.
    scaleUsage(measured[month.pace].event, Math.max(0, month.events - month.players * EVENTS_PER_REQUEST)),
    scaleUsage(measured[month.pace].gallery, Math.max(0, month.galleries - month.players)),
    scaleUsage(measured.hourlyPlayer, month.hourlyPlayers),
    // Each gallery replaces the one before.
    scaleUsage(withoutStored(measured.batchGallery), month.batchGalleries),
    scaleUsage(onlyStored(measured.batchGallery), month.players),
    measured.jobs,
  ]);

const withoutStored = (usage: Usage): Usage => select(usage, (meter) => !STORED_METERS.has(meter));
const onlyStored = (usage: Usage): Usage => select(usage, (meter) => STORED_METERS.has(meter));
const select = (usage: Usage, isWanted: (meter: Meter) => boolean): Usage =>
  makeUsage((meter) => (isWanted(meter) ? usage[meter] : 0));
