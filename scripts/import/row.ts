// The rows that the readers of all formats yield: an item, an event, or the reason why a line gave neither. write.ts
// writes them.

import path from 'node:path';
import { CLOCK_SKEW_MS, type EventInput, type PlayerEvent, parseEvent } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';

export type Row =
  | { kind: 'item'; item: Item; line: number }
  /** An item known only from interactions: written if the catalogue does not have it. */
  | { kind: 'placeholder'; item: Item; line: number }
  | { kind: 'event'; event: PlayerEvent; line: number }
  /** `at`: file and line, for people. */
  | { kind: 'skip'; reason: string; at: string; line: number };

/** Line number of rows that come from other files than the interactions: they are written before the first line. */
export const BEFORE_FIRST_LINE = 0;

export const skipLine = (file: string, line: number, reason: string): Row & { kind: 'skip' } => ({
  kind: 'skip',
  reason,
  at: `${path.basename(file)}:${line}`,
  line,
});

/** Input of a reader. */
export interface Source {
  /** The file of interactions. */
  path: string;
  /** An optional catalogue for it. */
  itemsPath: string | undefined;
  /** Prefix for the ids of events that have none, so that reading again gives the same ids. */
  idPrefix: string;
  /** Start of the import's first run, epoch milliseconds. */
  startedAt: number;
}

export type Reader = (source: Source) => AsyncGenerator<Row>;

/**
 * Validates an event against the contract, except that its `timestamp`, epoch milliseconds, may be old: old data is
 * legitimate here, whereas a client's clock set to 1997 is an error.
 */
export function toEvent(
  input: Omit<EventInput, 'timestamp'>,
  timestamp: number,
  receivedAt: number,
): Result<PlayerEvent, string> {
  if (!Number.isSafeInteger(timestamp) || timestamp <= 0) return fail('timestamp: is not a time');
  if (timestamp > receivedAt + CLOCK_SKEW_MS) return fail('timestamp: is in the future');
  const parsed = parseEvent(input, receivedAt);
  return parsed.ok ? ok({ ...parsed.value, timestamp }) : parsed;
}
