// A value that an isolate keeps between requests, stale-while-revalidate: fresh for a while, then refreshed after the
// answer, and before the answer only once it is too old. A failed refresh keeps the old value and records the reason.

import { logError } from '../logging/log.ts';
import { withDeadline } from './deadline.ts';

interface Freshness {
  /** A younger value is served without a refresh. */
  freshMs: number;
  /** An older value is refreshed before it is served, if that succeeds within `waitMs`. */
  staleMs: number;
  /** A request waits this long for a refresh or the first load, unless it sets its own limit. */
  waitMs: number;
}

export interface CacheRead<T> {
  /** Undefined until the first load has succeeded. */
  value: T | undefined;
  /** Why the last refresh failed; undefined after a successful one. */
  failure: string | undefined;
  /** True if the caller stopped waiting for a refresh that goes on, and no load has failed since the last success. */
  isPending?: boolean;
}

/** One request's limits, instead of the cache's own settings. */
export interface CacheLimits {
  /** Time that the caller can wait for a refresh; with 0 it takes the cached value, however old. */
  waitMs?: number | undefined;
  /** An older value is refreshed before it is served, even if it counts as fresh. */
  maxAgeMs?: number | undefined;
}

/** For a value that another one names: it is refreshed as soon as it is not the one that is named. */
export interface Follows<T> {
  isNamed(value: T): boolean;
  /** True if it has been named for so long that it is refreshed before it is served. */
  isOverdue: boolean;
}

type Load<T> = (previous: T | undefined) => Promise<T>;

interface Hooks<T> {
  /** Receives each value that a newer one has replaced. */
  retire?(value: T): void;
  /** The time from which a value's age counts, epoch milliseconds; by default the start of its load. */
  dateOf?(value: T): number;
}

export class Cache<T> {
  readonly #name: string;
  readonly #freshness: Freshness;
  readonly #hooks: Hooks<T>;
  #value: T | undefined;
  #failure: string | undefined;
  /** True after a failed or abandoned load, until one succeeds. */
  #isFailing = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #retryAt = Number.NEGATIVE_INFINITY;
  /** Load numbers, since a clock cannot order two loads of one millisecond: the last started, the last kept. */
  #started = 0;
  #kept = 0;
  #refresh: { done: Promise<void>; startedAt: number } | undefined;

  /** `name`: for the log. */
  constructor(name: string, freshness: Freshness, hooks: Hooks<T> = {}) {
    this.#name = name;
    this.#freshness = freshness;
    this.#hooks = hooks;
  }

  /** The current value; starts no refresh. */
  peek(): CacheRead<T> {
    return { value: this.#value, failure: this.#failure };
  }

  /**
   * The value, refreshed as its age requires. `load` receives the previous value and may return it. `waitUntil` keeps
   * the refresh alive after the answer: without it, another request could wait for a refresh that died with its own.
   */
  async get(
    load: Load<T>,
    now: number,
    waitUntil: (promise: Promise<unknown>) => void,
    limits: CacheLimits = {},
    follows?: Follows<T>,
  ): Promise<CacheRead<T>> {
    const { waitMs = this.#freshness.waitMs, maxAgeMs = Number.POSITIVE_INFINITY } = limits;
    const age = now - this.#checkedAt;
    const { freshMs, staleMs } = this.#freshness;
    const isOutdated = follows !== undefined && this.#kept > 0 && !follows.isNamed(this.#value as T);
    const isDue = (isOutdated || age > Math.min(freshMs, maxAgeMs)) && now > this.#retryAt;
    const isOld = age > Math.min(staleMs, maxAgeMs) || (isOutdated && follows.isOverdue);
    // A refresh that hangs, or died with its request, must not block later ones.
    if (this.#refresh !== undefined && now - this.#refresh.startedAt > ABANDON_MS) {
      this.#refresh = undefined;
      this.#isFailing = true;
    }
    if (isDue && this.#refresh === undefined) {
      const done = this.#load(load, now).finally(() => {
        if (this.#refresh?.done === done) this.#refresh = undefined;
      });
      this.#refresh = { done, startedAt: now };
      waitUntil(done);
    }
    if (waitMs > 0 && this.#refresh !== undefined && (this.#value === undefined || isOld)) {
      try {
        await withDeadline(this.#refresh.done, waitMs);
      } catch (error) {
        return { value: this.#value, failure: (error as Error).message, isPending: !this.#isFailing };
      }
    }
    return this.peek();
  }

  /** Loads at once, whatever the age; a load that started earlier is then discarded when it finishes. */
  async revalidate(load: Load<T>, now: number): Promise<void> {
    await this.#load(load, now);
  }

  async #load(load: Load<T>, now: number): Promise<void> {
    const turn = ++this.#started;
    const previous = this.#value;
    try {
      const loaded = await load(previous);
      // A timed-out load may finish after a newer one; discard it. The newer load retires the previous value.
      const isLate = this.#kept > turn;
      const replaced = !isLate ? this.#value : loaded === previous ? undefined : loaded;
      if (!isLate) {
        this.#kept = turn;
        this.#value = loaded;
        this.#failure = undefined;
        this.#isFailing = false;
        this.#checkedAt = this.#hooks.dateOf?.(loaded) ?? now;
        this.#retryAt = Number.NEGATIVE_INFINITY;
      }
      if (replaced !== undefined && replaced !== this.#value) this.#hooks.retire?.(replaced);
    } catch (error) {
      if (this.#kept > turn) return;
      this.#failure = (error as Error).message;
      this.#isFailing = true;
      // Try again soon, but not with every request: load makes an outage worse.
      this.#checkedAt = now - this.#freshness.freshMs + RETRY_MS;
      this.#retryAt = now + RETRY_MS;
      logError('refresh failed', { what: this.#name, error: this.#failure });
    }
  }
}

const RETRY_MS = 2_000;
const ABANDON_MS = 30_000;
