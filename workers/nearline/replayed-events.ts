// Settles dead letters of the queue `events` once their events are in the log: what was written leaves the letter.

import type { RoutedEvent } from '../../models/contracts/event.ts';
import { deleteReplayed, type OpenedMessage, shortenLetter } from '../storage/replays.ts';

/** A message of the queue, parsed. */
export interface EventMessage {
  message: Message<unknown>;
  /** The letter that the message replays. */
  letter?: OpenedMessage['letter'];
  events: RoutedEvent[];
  invalid: { index: number; body: unknown; reason: string }[];
}

/** Deletes letters that are written whole; others keep what is still invalid. Throws if D1 fails. */
export async function settleReplayedEvents(db: D1Database, messages: readonly EventMessage[]): Promise<void> {
  const whole = messages.flatMap(({ letter, invalid }) => (letter && invalid.length === 0 ? [letter.id] : []));
  if (whole.length > 0) await deleteReplayed(db, whole).run();
  for (const { letter, invalid } of messages) {
    const [first] = invalid;
    if (letter === undefined || first === undefined) continue;
    // As the letter came: one event, or the events of a message.
    const rest = letter.body.startsWith('[') ? invalid.map(({ body }) => body) : first.body;
    if (!(await shortenLetter(db, letter, rest, first.reason)))
      throw new Error('an erasure has changed a letter while it was replayed');
  }
}
