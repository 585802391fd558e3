// Requests that an isolate has taken from the rate limiter in advance, for callers with a high limit: a store's server
// does not ask the limiter for each of a thousand requests a second.

import { WINDOW_SECONDS } from './rate-limit-scale.ts';

/** A caller with a higher limit takes several requests at once, so that it asks no more often than this. */
const CALLS_PER_MINUTE = 6_000;

/** Requests that one call of the limiter takes. */
export const computeBlock = (perMinute: number): number => Math.max(1, Math.floor(perMinute / CALLS_PER_MINUTE));

interface Credit {
  requests: number;
  /** Epoch milliseconds. */
  until: number;
}

/** Few callers have a high limit: keys of the store. */
export class RateCredits {
  readonly #credits = new Map<string, Credit>();

  /** True if a request was left. `now`: epoch milliseconds. */
  spend(key: string, now: number): boolean {
    const credit = this.#credits.get(key);
    if (credit === undefined || credit.until <= now || credit.requests === 0) return false;
    credit.requests--;
    return true;
  }

  /** Replaces what is left; 0 requests remove it. */
  set(key: string, requests: number, now: number): void {
    if (requests === 0) this.#credits.delete(key);
    else this.#credits.set(key, { requests, until: now + 1_000 * WINDOW_SECONDS });
  }
}
