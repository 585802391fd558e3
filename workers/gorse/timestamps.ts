// Parses the time formats of gorse's clients. A time without an offset is in UTC.

import { z } from 'zod';

const LENGTH_MAX = 64;
/** Go's zero time, which Go clients send for a time that was never set. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';
const ZERO_DAY = '0001-01-01';
const EPOCH_DIGITS = /^(?:\d{9,10}|\d{12,13})$/;
const SECONDS_DIGITS_MAX = 10;
/** ISO 8601, a date alone, a space for the T, and Go's format: 2020-01-01 01:01:01.000000001 +0000 UTC. */
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(?:Z|UTC|([+-]\d\d):?(\d\d)(?: [A-Z]{3,4})?)?)?$/;

/** Returns epoch milliseconds; undefined if the text is not a time. */
export function parseTimestamp(text: string): number | undefined {
  if (EPOCH_DIGITS.test(text)) return Number(text) * (text.length <= SECONDS_DIGITS_MAX ? 1000 : 1);
  const [matched, date, minutes = '00:00', seconds = '00', fraction = '0', hourOffset, minuteOffset] =
    DATE_TIME.exec(text) ?? [];
  if (matched === undefined || !isDay(date!)) return undefined;
  const offset = hourOffset === undefined ? 'Z' : `${hourOffset}:${minuteOffset}`;
  const time = Date.parse(`${date}T${minutes}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Needed because Date.parse reads 30 February as 2 March. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** Undefined for an empty text and for Go's zero time. */
export const Timestamp = z
  .string()
  .max(LENGTH_MAX)
  .transform((text, issues) => {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith(ZERO_DAY)) return undefined;
    const time = parseTimestamp(trimmed);
    if (time !== undefined) return time;
    issues.addIssue('must be a time: ISO 8601, a date, epoch seconds or epoch milliseconds');
    return z.NEVER;
  });
