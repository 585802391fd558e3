// The published state as an isolate follows it: refreshed behind its answers, and changed at once by a change that was
// made through it. The files that the state names are isolate.ts's.

import type { StoredIssuer } from '../../models/contracts/issuer.ts';
import type { Listener, StoredKey } from '../../models/contracts/published-state.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import { logWarning } from '../logging/log.ts';
import { Cache, type CacheLimits, type CacheRead } from '../storage/cache.ts';
import { withDeadline } from '../storage/deadline.ts';
import { publishState, readOperatorParts } from '../storage/publish-state.ts';
import {
  adoptOperators,
  adoptPublication,
  readState,
  type ServingState,
  STATE_FRESH_MS,
  STATE_STALE_MS,
  shareAtLocation,
} from '../storage/read-state.ts';
import type { Stores } from '../storage/stores.ts';

export type WaitUntil = (promise: Promise<unknown>) => void;

export interface KeySet {
  byId: ReadonlyMap<string, StoredKey>;
  /** A time at which it was current, epoch milliseconds. */
  readAt: number;
}

export interface IssuerSet {
  /** Oldest first. */
  issuers: readonly StoredIssuer[];
  /** A time at which it was current, epoch milliseconds. */
  readAt: number;
}

/** An operator waits this long for the publication; it goes on behind the answer. */
const PUBLISH_WAIT_MS = 2_000;
/** Behind an answer, the files of a large catalogue have time. */
const BEHIND_WAIT_MS = 20_000;
/** R2 takes one write a second per object. */
const PAUSE_MS = 1_100;
const PAUSES_AFTER_FAILURE_MS = [PAUSE_MS, 3_000, 8_000];
/** A publication whose request was cut off does not hold up later ones for longer. */
const ABANDON_MS = 10_000;

export class FollowedState<E extends Stores> {
  readonly #cache = new Cache<ServingState>(
    'state',
    { freshMs: STATE_FRESH_MS, staleMs: STATE_STALE_MS, waitMs: 1_000 },
    { dateOf: ({ readAt }) => readAt },
  );
  readonly #onRead: (env: E, state: ServingState, now: number, waitUntil: WaitUntil) => void;
  /** Numbers of publications: the last started, and the last that failed; 0 if a later one has succeeded. */
  #started = 0;
  #failed = 0;
  /** Start of the last one, epoch milliseconds. */
  #startedAt = 0;
  /** The publication that waits for more changes. */
  #soon: { done: Promise<void>; since: number } | undefined;

  /** `onRead` is called behind the answer with each state that was read. */
  constructor(onRead: (env: E, state: ServingState, now: number, waitUntil: WaitUntil) => void) {
    this.#onRead = onRead;
  }

  /** `now`: epoch milliseconds. */
  get(env: E, now: number, waitUntil: WaitUntil, limits: CacheLimits = {}): Promise<CacheRead<ServingState>> {
    const load = async (previous: ServingState | undefined) => {
      const state = await readState(env, previous, now, limits.maxAgeMs);
      // Nothing else tells this isolate that its change has been published meanwhile.
      if (state.bucketFailure === undefined && (state.version === 0 || this.hasUnpublished))
        this.publishSoon(env, waitUntil);
      this.#onRead(env, state, now, waitUntil);
      return state;
    };
    return this.#cache.get(load, now, waitUntil, limits);
  }

  /** As last read; starts no refresh. */
  peek(): CacheRead<ServingState> {
    return this.#cache.peek();
  }

  /** True if a change made here is not published yet. */
  get hasUnpublished(): boolean {
    return this.#failed > 0;
  }

  async getRules(env: E, now: number, waitUntil: WaitUntil, waitMs?: number): Promise<CacheRead<readonly Rule[]>> {
    return select(await this.get(env, now, waitUntil, { waitMs }), now, ({ parts }) => parts.rules);
  }

  async getSubscriptions(env: E, now: number, waitUntil: WaitUntil): Promise<CacheRead<readonly Listener[]>> {
    return select(await this.get(env, now, waitUntil), now, ({ parts }) => parts.subscriptions);
  }

  async getKeys(env: E, now: number, waitUntil: WaitUntil, limits?: CacheLimits): Promise<CacheRead<KeySet>> {
    const read = await this.get(env, now, waitUntil, limits);
    return select(read, now, ({ keysById: byId, readAt }) => ({ byId, readAt }));
  }

  async getIssuers(env: E, now: number, waitUntil: WaitUntil, limits?: CacheLimits): Promise<CacheRead<IssuerSet>> {
    const read = await this.get(env, now, waitUntil, limits);
    return select(read, now, ({ parts: { issuers }, readAt }) => ({ issuers, readAt }));
  }

  /**
   * Call it right after a change. It holds in this isolate as soon as this returns, elsewhere within 30 seconds. If R2
   * fails, publishing is tried again behind the answer, then by the cron, and whenever this isolate has read the state.
   */
  async publish(env: E, now: number, waitUntil: WaitUntil, waitMs = PUBLISH_WAIT_MS): Promise<void> {
    await this.#publishOnce(env, now, waitUntil, waitMs);
    if (this.hasUnpublished) waitUntil(this.#publishAgain(env, waitUntil));
  }

  /** As publish, but behind the answer, and one publication for all changes of a second. */
  publishSoon(env: E, waitUntil: WaitUntil): void {
    const now = Date.now();
    if (this.#soon === undefined || now - this.#soon.since > ABANDON_MS)
      this.#soon = { done: this.#publishNext(env, waitUntil, this.#startedAt + PAUSE_MS - now), since: now };
    // The request that began it may be cut off.
    waitUntil(this.#soon.done);
  }

  async #publishNext(env: E, waitUntil: WaitUntil, waitMs: number): Promise<void> {
    await sleep(Math.max(0, waitMs));
    this.#soon = undefined;
    await this.publish(env, Date.now(), waitUntil, BEHIND_WAIT_MS);
  }

  async #publishAgain(env: E, waitUntil: WaitUntil): Promise<void> {
    for (const pauseMs of PAUSES_AFTER_FAILURE_MS) {
      await sleep(pauseMs);
      if (!this.hasUnpublished) return;
      await this.#publishOnce(env, Date.now(), waitUntil, BEHIND_WAIT_MS);
    }
  }

  async #publishOnce(env: E, now: number, waitUntil: WaitUntil, waitMs: number): Promise<void> {
    const turn = ++this.#started;
    this.#startedAt = now;
    const adopt = await this.#publishParts(env, now, waitUntil, waitMs, turn);
    // Begun only now: a request may have read the state meanwhile, and what it found is not to win over the change.
    await this.#cache.revalidate(async (previous) => adopt(previous), now);
  }

  /** Returns how the isolate takes over what was published, or what D1 has if that failed. */
  async #publishParts(
    env: E,
    now: number,
    waitUntil: WaitUntil,
    waitMs: number,
    turn: number,
  ): Promise<(previous: ServingState | undefined) => ServingState> {
    try {
      const publishing = publishState(env, now, true);
      waitUntil(publishing.catch(() => {}));
      const published = await withDeadline(publishing, waitMs);
      // What was changed before an earlier publication began is in this one.
      if (turn >= this.#failed) this.#failed = 0;
      await shareAtLocation(published, now);
      return (previous) => adoptPublication(published, previous, now);
    } catch (error) {
      this.#failed = turn;
      const { message } = error as Error;
      logWarning('a change is not published yet', { error: message });
      const [operators] = await Promise.allSettled([withDeadline(readOperatorParts(env.DB), waitMs)]);
      return (previous) => {
        if (operators.status === 'rejected') throw operators.reason;
        // That R2 can be read is not in doubt.
        return adoptOperators(operators.value, previous, previous?.bucketFailure, now);
      };
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const select = <T>(
  { value, failure, isPending }: CacheRead<ServingState>,
  now: number,
  choose: (state: ServingState) => T,
): CacheRead<T> => ({
  value: value && choose(value),
  // An old state was all that there was.
  failure: failure ?? (value && now - value.readAt > STATE_STALE_MS ? value.bucketFailure : undefined),
  ...(isPending !== undefined && { isPending }),
});
