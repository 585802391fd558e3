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
  readonly #startedAt: number;

  /** `startedAt`: when the request arrived, epoch milliseconds. */
  constructor(totalMs: number, startedAt = Date.now()) {
    this.#totalMs = totalMs;
    this.#startedAt = startedAt;
  }

  /** Computing time does not count: on Cloudflare the clock stands still between I/O. */
  getWaitMs(step: BudgetedStep): number {
    return Math.max(0, Math.min(this.#getLeftMs(), SHARES[step] * this.#totalMs));
  }

  isSpent(): boolean {
    return this.#getLeftMs() <= 0;
  }

  /** Since the request arrived. */
  getElapsedMs(): number {
    return Date.now() - this.#startedAt;
  }

  #getLeftMs(): number {
    return this.#totalMs - this.getElapsedMs();
  }
}
