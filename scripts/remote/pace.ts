// Keeps the calls of Cloudflare's API below its limit: 1,200 in five minutes, after which it blocks the token for five
// minutes (https://developers.cloudflare.com/fundamentals/api/reference/limits/).

import { setTimeout as sleep } from 'node:timers/promises';

/** Calls without a wait, and calls a second after these: 1,000 in five minutes, so that other programs have some. */
const BURST = 400;
const PER_SECOND = 2;

/** Resolves when the next call may start. */
export type Pace = () => Promise<void>;

export function createPace(burst = BURST, perSecond = PER_SECOND): Pace {
  const intervalMs = 1_000 / perSecond;
  /** When the calls so far are paid for. */
  let paidAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = performance.now();
    paidAt = Math.max(paidAt, now) + intervalMs;
    const waitMs = paidAt - now - burst * intervalMs;
    if (waitMs > 0) await sleep(waitMs);
  };
}
