// Requests that an isolate has taken from the rate limiter in advance, for callers with a high limit: the requests of a
// store's server do not each wait for the limiter.

import { WINDOW_SECONDS } from './rate-limit-scale.ts';

/** A caller with a higher limit takes several requests at once, so as to call the limiter no more often than this. */
const CALLS_PER_MINUTE = 6_000;

/** Number of requests that one call of the limiter takes. */
export const computeBlock = (perMinute: number): number => Math.max(1, Math.floor(perMinute / CALLS_PER_MINUTE));

interface Credit {
  requests: number;
  /** Epoch milliseconds. */
  until: number;
}

/** Few callers have a high limit: keys of the store. */
export class RateCredits {
  readonly #credits = new Map<string, Credit>();

  /** Takes one request; false if none is left. `now`: epoch milliseconds. */
  spend(key: string, now: number): boolean {
    const credit = this.#credits.get(key);
    if (credit === undefined || credit.until <= now || credit.requests === 0) return false;
    credit.requests--;
    return true;
  }

  /** Replaces the remaining requests; 0 removes the entry. */
  set(key: string, requests: number, now: number): void {
    if (requests === 0) this.#credits.delete(key);
    else this.#credits.set(key, { requests, until: now + 1_000 * WINDOW_SECONDS });
  }
}
