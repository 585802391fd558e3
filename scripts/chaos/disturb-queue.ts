// Drops, doubles, delays and reorders the messages of a queue's batch. No clock, no randomness of its own.

import { shuffle } from '../../models/features/rng.ts';

/** Probabilities of each fault for a message. */
export interface Shares {
  dropped: number;
  doubled: number;
  delayed: number;
}

/** Numbers of messages. */
export interface Disturbed {
  dropped: number;
  doubled: number;
  delayed: number;
  reordered: number;
}

const DELAY_MAX_SECONDS = 5;

/**
 * Returns the batches to consume one after the other: the messages that are left, in another order, and a second batch
 * of doubles, as a queue that delivers at least once would send it. `random`: from 0 to 1. `mustArrive`: true for the
 * body of a message that is not dropped.
 */
export function disturbBatch(
  batch: MessageBatch<unknown>,
  shares: Shares,
  random: () => number,
  mustArrive: (body: unknown) => boolean = () => false,
): { batches: MessageBatch<unknown>[]; report: Disturbed } {
  const messages: Message<unknown>[] = [];
  const doubles: Message<unknown>[] = [];
  const report: Disturbed = { dropped: 0, doubled: 0, delayed: 0, reordered: 0 };
  for (const message of batch.messages) {
    if (random() < shares.dropped && !mustArrive(message.body)) {
      // The queue takes it for consumed.
      message.ack();
      report.dropped++;
    } else if (random() < shares.delayed) {
      message.retry({ delaySeconds: 1 + Math.floor(random() * DELAY_MAX_SECONDS) });
      report.delayed++;
    } else {
      messages.push(message);
      if (random() < shares.doubled) doubles.push(message);
    }
  }
  report.doubled = doubles.length;
  const shuffled = shuffle([...messages], random);
  report.reordered = shuffled.filter((message, position) => message !== messages[position]).length;
  const batches = [shuffled, doubles].filter((list) => list.length > 0);
  return { batches: batches.map((list) => makeBatch(batch, list)), report };
}

const makeBatch = (batch: MessageBatch<unknown>, messages: readonly Message<unknown>[]): MessageBatch<unknown> => ({
  ...batch,
  queue: batch.queue,
  messages,
  ackAll() {
    for (const message of messages) message.ack();
  },
  retryAll(options) {
    for (const message of messages) message.retry(options);
  },
});
