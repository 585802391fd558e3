// List prices in US dollars, as their makers published them. Change `readOn` with them.

import type { Usage } from './usage.ts';

/** The day on which the sources were read. */
export const READ_ON = '2026-11-27';
const MILLION = 1e6;
const GB = 1e9;
/** An active object is billed for 128 MB, whatever it uses. */
const OBJECT_GB = 0.128;
/** Assumed: Cloudflare adds attributes of the request to each event. Not measured. */
export const LOG_EVENT_BYTES = 2_000;
/** Days for which Workers Logs keep an event. */
const LOG_DAYS = 7;
const MONTH_DAYS = 30;

export interface Price {
  name: string;
  /** In units. */
  amountOf(usage: Usage): number;
  unit: 'million' | 'million GB-s' | 'GB-month' | 'GB';
  /** Units a month that the plan includes. */
  included: number;
  /** Dollars for a further unit. */
  perUnit: number;
  /** A part of a unit is billed as a whole one. */
  roundsUp?: true;
  source: string;
}

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/';
const OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/';
const D1 = 'https://developers.cloudflare.com/d1/platform/pricing/';
const R2 = 'https://developers.cloudflare.com/r2/pricing/';
const QUEUES = 'https://developers.cloudflare.com/queues/platform/pricing/';
const LOGS = 'https://developers.cloudflare.com/observability/pricing/';

/** The monthly fee of Workers Paid. */
export const PLAN_FEE = 5;

const million = (
  name: string,
  amountOf: Price['amountOf'],
  included: number,
  perUnit: number,
  source: string,
): Price => ({
  name,
  amountOf: (usage) => amountOf(usage) / MILLION,
  unit: 'million',
  included,
  perUnit,
  source,
});
const stored = (
  name: string,
  amountOf: Price['amountOf'],
  included: number,
  perUnit: number,
  source: string,
): Price => ({
  name,
  amountOf: (usage) => amountOf(usage) / GB,
  unit: 'GB-month',
  included,
  perUnit,
  source,
});

export const CLOUDFLARE_PRICES: readonly Price[] = [
  million('Worker: requests', ({ requests }) => requests, 10, 0.3, WORKERS),
  million('Worker: CPU ms, at most', ({ cpuMs }) => cpuMs, 30, 0.02, WORKERS),
  million('objects: requests', ({ objectRequests }) => objectRequests, 1, 0.15, OBJECTS),
  {
    ...million('objects: duration', ({ objectSeconds }) => objectSeconds * OBJECT_GB, 0.4, 12.5, OBJECTS),
    unit: 'million GB-s',
  },
  million('objects: rows read', ({ objectRowsRead }) => objectRowsRead, 25_000, 0.001, OBJECTS),
  million('objects: rows written', ({ objectRowsWritten }) => objectRowsWritten, 50, 1, OBJECTS),
  stored('objects: stored', ({ objectBytes }) => objectBytes, 5, 0.2, OBJECTS),
  million('D1: rows read', ({ d1RowsRead }) => d1RowsRead, 25_000, 0.001, D1),
  million('D1: rows written', ({ d1RowsWritten }) => d1RowsWritten, 50, 1, D1),
  stored('D1: stored', ({ d1Bytes }) => d1Bytes, 5, 0.75, D1),
  { ...million('R2: writes and lists', ({ r2ClassA }) => r2ClassA, 1, 4.5, R2), roundsUp: true },
  { ...million('R2: reads', ({ r2ClassB }) => r2ClassB, 10, 0.36, R2), roundsUp: true },
  { ...stored('R2: stored', ({ r2Bytes }) => r2Bytes, 10, 0.015, R2), roundsUp: true },
  million('queues: operations', ({ queueOperations }) => queueOperations, 1, 0.4, QUEUES),
  // From 1 December 2026; until then $0.60 per million events beyond 20 million.
  { ...stored('logs: written', ({ logEvents }) => logEvents * LOG_EVENT_BYTES, 50, 0.25, LOGS), unit: 'GB' },
  stored('logs: stored', ({ logEvents }) => (logEvents * LOG_EVENT_BYTES * LOG_DAYS) / MONTH_DAYS, 12, 0.1, LOGS),
];

/**
 * Amazon Personalize with a custom recipe, us-east-1. **Not confirmed**: the table of the page could not be read, and
 * these are figures that others quoted from it in 2026. User-Personalization-v2 has prices of its own, of which no
 * source was found.
 */
export const PERSONALIZE = {
  source: 'https://aws.amazon.com/personalize/pricing/',
  perGbIngested: 0.05,
  perTrainingHour: 0.24,
  /** Dollars for a thousand recommendations, up to this many a month. */
  tiers: [
    { upTo: 72 * MILLION, perThousand: 0.0556 },
    { upTo: 720 * MILLION, perThousand: 0.0278 },
    { upTo: Number.POSITIVE_INFINITY, perThousand: 0.0139 },
  ],
  /** A campaign is billed for one recommendation a second at least. */
  minimumPerSecond: 1,
} as const;
