// What every reader of a format yields: an item, an event, or why a line gave neither. Writing them is write.ts.

import path from 'node:path';
import { CLOCK_SKEW_MS, type EventInput, type PlayerEvent, parseEvent } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';

export type Row =
  | { kind: 'item'; item: Item; line: number }
  /** All that is known of an item is that it was met: written where the catalogue has never heard of it. */
  | { kind: 'placeholder'; item: Item; line: number }
  | { kind: 'event'; event: PlayerEvent; line: number }
  /** `at`: file and line, for people. */
  | { kind: 'skip'; reason: string; at: string; line: number };

/** The line of rows that come from beside the file of interactions: they are written before its first line. */
export const BEFORE_FIRST_LINE = 0;

export const skipLine = (file: string, line: number, reason: string): Row & { kind: 'skip' } => ({
  kind: 'skip',
  reason,
  at: `${path.basename(file)}:${line}`,
  line,
});

/** What a reader is told. */
export interface Source {
  /** The file of interactions. */
  path: string;
  /** A catalogue to go with it. */
  itemsPath: string | undefined;
  /** Begins the ids of events that have none of their own, so that reading again gives the same ids. */
  idPrefix: string;
  /** When the import was first begun, epoch milliseconds. */
  startedAt: number;
}

export type Reader = (source: Source) => AsyncGenerator<Row>;

/**
 * An event by the contract. Its time is `timestamp`, epoch milliseconds: old data is welcome here, where a client's
 * clock that stands at 1997 would not be.
 */
export function toEvent(
  input: Omit<EventInput, 'timestamp'>,
  timestamp: number,
  receivedAt: number,
): Result<PlayerEvent, string> {
  if (!Number.isSafeInteger(timestamp) || timestamp <= 0) return fail('timestamp: is not a time');
  if (timestamp > receivedAt + CLOCK_SKEW_MS) return fail('timestamp: lies in the future');
  const parsed = parseEvent(input, receivedAt);
  return parsed.ok ? ok({ ...parsed.value, timestamp }) : parsed;
}
