// Repeats calls to an account that failed on their way. A call whose answer was lost may have had its effect; every
// call of a command may be repeated: reads, puts of the same bytes, deletions, and writes to D1, which are upserts or
// bound to the state that they were computed from, since queues and crons repeat them too. Only the numbers of new
// rows in a report can then be too small.

import { setTimeout as sleep } from 'node:timers/promises';

const RETRIES_MAX = 6;
/** Multiples of the first wait; more calls than Cloudflare allows block a token for five minutes. */
const BLOCKED_WAITS = 60;

/** A failure that the next attempt may not meet. */
export class PassingFailure extends Error {
  readonly isRateLimit: boolean;

  constructor(message: string, isRateLimit: boolean, cause: unknown) {
    super(message, { cause });
    this.isRateLimit = isRateLimit;
  }
}

/** Throws the last failure. `waitMs`: before the second attempt; later waits double. */
export async function withRetries<T>(call: (attempt: number) => Promise<T>, waitMs: number): Promise<T> {
  for (let attempt = 0; ; attempt++)
    try {
      return await call(attempt);
    } catch (error) {
      if (!(error instanceof PassingFailure) || attempt === RETRIES_MAX) throw error;
      await sleep(waitMs * (error.isRateLimit ? BLOCKED_WAITS : 2 ** attempt));
    }
}
