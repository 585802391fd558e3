// Measures the delay of a queue's messages: the time from sending to delivery.

import { chooseDelayBucket } from '../../models/contracts/system-metrics.ts';
import { count } from '../storage/isolate-counts.ts';

/** Counts each message, as often as it is delivered. `now`: epoch milliseconds. */
export function measureBatch(queue: string, messages: readonly Pick<Message, 'timestamp'>[], now = Date.now()): void {
  for (const { timestamp } of messages) {
    const seconds = Math.max(0, now - timestamp.getTime()) / 1_000;
    count('queue-delay', { queue, le: chooseDelayBucket(seconds) });
    count('queue-delay', { queue }, seconds);
  }
}
