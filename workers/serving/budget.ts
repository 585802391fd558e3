// Splits the time limit of one answer among its steps.

export const DEADLINE_DEFAULT_MS = 150;
export const DEADLINE_MIN_MS = 20;
export const DEADLINE_MAX_MS = 5_000;

/**
 * The largest share of the limit that a step may wait. signals: the player's object; cached: the isolate's caches; both
 * run in parallel. stored: galleries and the log in D1, the fallbacks, which share the remaining time.
 */
const SHARES = { signals: 0.6, cached: 0.6, stored: 0.3 } as const;
type BudgetedStep = keyof typeof SHARES;

export class Budget {
  readonly #totalMs: number;
  readonly #startedAt = Date.now();

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  /** Computing time does not count: on Cloudflare the clock stands still between I/O. */
  getWaitMs(step: BudgetedStep): number {
    const leftMs = this.#totalMs - (Date.now() - this.#startedAt);
    return Math.max(0, Math.min(leftMs, SHARES[step] * this.#totalMs));
  }
}
