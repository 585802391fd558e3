// The time that one answer has, and what of it a step may take.

export const DEADLINE_DEFAULT_MS = 150;
export const DEADLINE_MIN_MS = 20;
export const DEADLINE_MAX_MS = 5_000;

/**
 * What a step that waits for something elsewhere may take of the whole, at most. The first three run side by side; the
 * two that stand in for them have what is left.
 */
const SHARES = { signals: 0.6, held: 0.6, stored: 0.3 } as const;
export type Step = keyof typeof SHARES;

export class Budget {
  readonly #totalMs: number;
  readonly #startedAt = Date.now();

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  /** Milliseconds. Computing does not count: on Cloudflare the clock stands still between two awaits of I/O. */
  for(step: Step): number {
    const left = this.#totalMs - (Date.now() - this.#startedAt);
    return Math.max(0, Math.min(left, SHARES[step] * this.#totalMs));
  }

  isSpent(): boolean {
    return Date.now() - this.#startedAt >= this.#totalMs;
  }
}
