// Events of the isolate on their way to the queue `events`, in shared messages: each for one database of the log, so
// that it is written while another fails. What is not sent, the players' objects queue again.

import type { RoutedEvent } from '../../models/contracts/event.ts';
import { listRequestIds, logError } from '../logging/log.ts';
import { SharedMessage } from './shared-message.ts';

type EventQueue = Pick<Queue<RoutedEvent[]>, 'send'>;

/** As JSON. Queues bill each 64 KB of a message. */
const MESSAGE_BYTES_MAX = 64_000;
/** The limit of a message is 128 KB; an event with the longest fields, at 3 bytes a character, is below 3 KB. */
const EVENTS_PER_PART = 40;

/** By the number of the database. */
const shared = new Map<number, SharedMessage<RoutedEvent[], EventQueue>>();

/** Resolves once the events have been sent, or another request is sending them. Never rejects. */
export async function sendEvents(queue: EventQueue, events: readonly RoutedEvent[]): Promise<void> {
  const sending: Promise<void>[] = [];
  for (const [shard, own] of Map.groupBy(events, (event) => event.shard))
    for (let from = 0; from < own.length; from += EVENTS_PER_PART)
      sending.push(openMessage(shard).add(own.slice(from, from + EVENTS_PER_PART), queue));
  await Promise.all(sending);
}

function openMessage(shard: number): SharedMessage<RoutedEvent[], EventQueue> {
  const message = shared.get(shard) ?? new SharedMessage(Number.POSITIVE_INFINITY, MESSAGE_BYTES_MAX, sendMessage);
  shared.set(shard, message);
  return message;
}

async function sendMessage(parts: RoutedEvent[][], queue: EventQueue): Promise<void> {
  const events = parts.flat();
  await queue.send(events).catch((error: Error) => {
    logError('events not queued', { ...listRequestIds(events), events: events.length, error: error.message });
  });
}
