// Keeps the calls of Cloudflare's API below its limit: 1,200 in five minutes, after which it blocks the token for five
// minutes (https://developers.cloudflare.com/fundamentals/api/reference/limits/).

import { setTimeout } from 'node:timers/promises';

/** Calls without a wait, and calls a second after these: 1,000 in five minutes, so that other programs have some. */
const BURST = 250;
const PER_SECOND = 2.5;

/** Resolves when the next call may start. */
export type Pace = () => Promise<void>;

export interface Clock {
  /** Milliseconds. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

const CLOCK: Clock = { now: () => performance.now(), sleep: (ms) => setTimeout(ms) };

export function createPace({ now, sleep }: Clock = CLOCK): Pace {
  const intervalMs = 1_000 / PER_SECOND;
  /** When the calls so far are paid for. */
  let paidAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const at = now();
    paidAt = Math.max(paidAt, at) + intervalMs;
    const waitMs = paidAt - at - BURST * intervalMs;
    if (waitMs > 0) await sleep(waitMs);
  };
}
