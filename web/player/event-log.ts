// The list of events sent, newest first, with what became of each. No I/O.

import type { UnsentEvent } from './unsent.ts';

export interface SentEvent {
  id: string;
  text: string;
  /** The server's verdict, or why there is none yet. */
  outcome: string;
  /** Undefined before the server's answer. */
  ms?: number;
}
export type Outcome = Pick<SentEvent, 'outcome' | 'ms'>;

const SENT_MAX = 30;

/** Puts new events first; one that is listed already keeps its position. `events`: oldest first. */
export function updateLog(
  log: readonly SentEvent[],
  events: readonly UnsentEvent[],
  describe: (id: string) => Outcome,
): readonly SentEvent[] {
  const entries = new Map(log.toReversed().map((entry) => [entry.id, entry]));
  for (const { event, text } of events) entries.set(event.id, { id: event.id, text, ...describe(event.id) });
  return [...entries.values()].reverse().slice(0, SENT_MAX);
}
