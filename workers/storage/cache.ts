// A value that an isolate holds between requests and refreshes while it serves: fresh for a while, then refreshed behind
// the answer, and only when too old refreshed before it. A failed refresh keeps the old value and says why.

import { withDeadline } from './deadline.ts';

export interface Freshness {
  /** Younger than this: served as it is. */
  freshMs: number;
  /** Older than this: refreshed before it is served, if that succeeds within `waitMs`. */
  staleMs: number;
  /** How long a request waits for a refresh, or for the first load, if it does not say it. */
  waitMs: number;
}

export interface CacheRead<T> {
  /** Undefined until the first load has succeeded. */
  value: T | undefined;
  /** Why the last refresh failed; undefined after one that succeeded. */
  failure: string | undefined;
}

export class Cache<T> {
  readonly #name: string;
  readonly #freshness: Freshness;
  readonly #retire: (value: T) => void;
  #value: T | undefined;
  #failure: string | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Loads begun, and the last of them whose value was taken over: clocks do not tell two in one millisecond apart. */
  #begun = 0;
  #taken = 0;
  #refresh: { done: Promise<void>; startedAt: number } | undefined;

  /** `retire` is told of a value once another has taken its place. */
  constructor(name: string, freshness: Freshness, retire: (value: T) => void = () => {}) {
    this.#name = name;
    this.#freshness = freshness;
    this.#retire = retire;
  }

  /** What is held now, without looking further. */
  peek(): CacheRead<T> {
    return { value: this.#value, failure: this.#failure };
  }

  /**
   * The value, refreshed as its age asks. `load` gets the value held before and may return it. `waitUntil` keeps the
   * refresh alive after the answer: without it another request could wait for one that died with its own. `patienceMs`:
   * how long the caller can wait, where that is not `waitMs`.
   */
  async get(
    load: (held: T | undefined) => Promise<T>,
    now: number,
    waitUntil: (promise: Promise<unknown>) => void,
    patienceMs = this.#freshness.waitMs,
  ): Promise<CacheRead<T>> {
    const age = now - this.#checkedAt;
    // One that hangs, or died with its request, must not be waited for for ever.
    if (this.#refresh !== undefined && now - this.#refresh.startedAt > ABANDON_MS) this.#refresh = undefined;
    if (age > this.#freshness.freshMs && this.#refresh === undefined) {
      const done = this.#load(load, now).finally(() => {
        if (this.#refresh?.done === done) this.#refresh = undefined;
      });
      this.#refresh = { done, startedAt: now };
      waitUntil(done);
    }
    if (this.#refresh !== undefined && (this.#value === undefined || age > this.#freshness.staleMs)) {
      try {
        await withDeadline(this.#refresh.done, patienceMs, this.#name);
      } catch (error) {
        return { value: this.#value, failure: String((error as Error).message) };
      }
    }
    return this.peek();
  }

  /** Loads at once, whatever the age; an earlier load that is still under way brings nothing new any more. */
  async revalidate(load: (held: T | undefined) => Promise<T>, now: number): Promise<void> {
    await this.#load(load, now);
  }

  async #load(load: (held: T | undefined) => Promise<T>, now: number): Promise<void> {
    const turn = ++this.#begun;
    try {
      const loaded = await load(this.#value);
      // One that was given up for hanging may come after a later one: it brings nothing new.
      const late = this.#taken > turn;
      const old = late ? loaded : this.#value;
      if (!late) {
        this.#taken = turn;
        this.#value = loaded;
        this.#failure = undefined;
        this.#checkedAt = now;
      }
      if (old !== undefined && old !== this.#value) this.#retire(old);
    } catch (error) {
      if (this.#taken > turn) return;
      this.#failure = `${this.#name}: ${(error as Error).message}`;
      // Try again soon, but not with every request: what is down is not helped by a crowd.
      this.#checkedAt = now - this.#freshness.freshMs + RETRY_MS;
      console.error(JSON.stringify({ alert: 'refresh failed', what: this.#name, error: this.#failure }));
    }
  }
}

const RETRY_MS = 2_000;
const ABANDON_MS = 30_000;
