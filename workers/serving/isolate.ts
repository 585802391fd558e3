// The caches of an isolate and their freshness: the catalogue, the statistics, the model release, the store's rules,
// the subscriptions, the keys and the issuers. An isolate's other state is where it is used: remembered players, the
// engine, digests of keys, counts.

import { forgetBroken, type LoadedRelease, loadRelease, retireRelease } from '../inference/release.ts';
import { Cache, type CacheLimits, type CacheRead } from '../storage/cache.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { type IssuerSet, readIssuerSet } from '../storage/issuers.ts';
import { type KeySet, readKeySet } from '../storage/keys.ts';
import type { ReleaseEnv } from '../storage/releases.ts';
import { type RuleSet, readRules } from '../storage/rules.ts';
import { type LoadedStatistics, readStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';
import { type Listener, listSubscriptions } from '../storage/subscriptions.ts';
import { CommonRows } from './common-rows.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

export class Isolate {
  readonly commonRows = new CommonRows();
  /** Exists from the start, so that a change made through this isolate can always be applied. */
  readonly catalogue = new Catalogue();
  // A change of the catalogue is visible everywhere within 30 seconds: staleMs plus one refresh.
  readonly #catalogue = new Cache<Catalogue>('catalogue', { freshMs: 10_000, staleMs: 25_000, waitMs: 2_000 });
  readonly #statistics = new Cache<LoadedStatistics | undefined>('statistics', {
    freshMs: 30_000,
    staleMs: Number.POSITIVE_INFINITY,
    waitMs: 500,
  });
  // The first gallery does not wait long for the model: a cold isolate answers from statistics while it loads. An
  // isolate with requests follows the pointer within 30 seconds: freshMs, the next request, and the load behind it.
  readonly #release = new Cache<LoadedRelease | undefined>(
    'release',
    { freshMs: 15_000, staleMs: Number.POSITIVE_INFINITY, waitMs: 150 },
    async (retired) => retired && retireRelease(retired),
  );
  // A change of a rule is visible at the next request through the isolate that made it, and elsewhere a second later: a
  // request then waits for the rules and the player's signals in parallel.
  readonly #rules = new Cache<RuleSet>('rules', { freshMs: 1_000, staleMs: 1_000, waitMs: 1_000 });
  readonly #subscriptions = new Cache<Listener[]>('subscriptions', {
    freshMs: 10_000,
    staleMs: 25_000,
    waitMs: 1_000,
  });

  // A deleted key or issuer is refused everywhere within a minute: staleMs plus one refresh take less.
  readonly #keys = new Cache<KeySet>('keys', { freshMs: 10_000, staleMs: 30_000, waitMs: 1_000 });

  readonly #issuers = new Cache<IssuerSet>('issuers', { freshMs: 10_000, staleMs: 30_000, waitMs: 1_000 });

  /** `waitMs`, here and below: how long the caller can wait; the cache's default if undefined. */
  getCatalogue({ DB }: Stores, now: number, waitUntil: WaitUntil, waitMs?: number): Promise<CacheRead<Catalogue>> {
    const refresh = async () => {
      await this.catalogue.refresh(DB);
      return this.catalogue;
    };
    return this.#catalogue.get(refresh, now, waitUntil, { waitMs });
  }

  getStatistics({ BUCKET }: Stores, now: number, waitUntil: WaitUntil, waitMs?: number) {
    return this.#statistics.get((previous) => readStatistics(BUCKET, previous), now, waitUntil, { waitMs });
  }

  async getRelease(env: ReleaseEnv, now: number, waitUntil: WaitUntil, waitMs?: number) {
    const load = (loaded: LoadedRelease | undefined) => loadRelease(env, loaded, now);
    return withNewestFailure(await this.#release.get(load, now, waitUntil, { waitMs }));
  }

  /** The current release. Call it right before scoring: one read before an await may have been retired. */
  peekRelease(): CacheRead<LoadedRelease | undefined> {
    return withNewestFailure(this.#release.peek());
  }

  /** Call it right after moving the pointer. Also tries a release that failed shortly before. */
  revalidateRelease(env: ReleaseEnv, now: number): Promise<void> {
    forgetBroken();
    return this.#release.revalidate((loaded) => loadRelease(env, loaded, now), now);
  }

  getRules({ DB }: Stores, now: number, waitUntil: WaitUntil, waitMs?: number) {
    return this.#rules.get((previous) => readRules(DB, previous), now, waitUntil, { waitMs });
  }

  /** Call it right after a change of a rule, so that the next request through this isolate sees it. */
  revalidateRules({ DB }: Stores): Promise<void> {
    return this.#rules.revalidate((previous) => readRules(DB, previous), Date.now());
  }

  getSubscriptions({ DB }: Stores, now: number, waitUntil: WaitUntil) {
    return this.#subscriptions.get(() => listSubscriptions(DB), now, waitUntil);
  }

  /** As last read; starts no refresh. */
  peekSubscriptions(): CacheRead<Listener[]> {
    return this.#subscriptions.peek();
  }

  /** Call it right after a change of a subscription. */
  revalidateSubscriptions({ DB }: Stores): Promise<void> {
    return this.#subscriptions.revalidate(() => listSubscriptions(DB), Date.now());
  }

  getKeys({ DB }: Pick<Stores, 'DB'>, now: number, waitUntil: WaitUntil, limits?: CacheLimits) {
    return this.#keys.get(() => readKeySet(DB, now), now, waitUntil, limits);
  }

  /** Call it right after changing a key. */
  revalidateKeys({ DB }: Pick<Stores, 'DB'>, now: number): Promise<void> {
    return this.#keys.revalidate(() => readKeySet(DB, now), now);
  }

  getIssuers({ DB }: Pick<Stores, 'DB'>, now: number, waitUntil: WaitUntil, limits?: CacheLimits) {
    return this.#issuers.get((previous) => readIssuerSet(DB, now, previous), now, waitUntil, limits);
  }

  /** Call it right after changing an issuer or reading its keys. */
  revalidateIssuers({ DB }: Pick<Stores, 'DB'>, now: number): Promise<void> {
    return this.#issuers.revalidate((previous) => readIssuerSet(DB, now, previous), now);
  }
}

/** A release that stands in for a broken one is a degradation, too. */
const withNewestFailure = (read: CacheRead<LoadedRelease | undefined>): CacheRead<LoadedRelease | undefined> => ({
  ...read,
  failure: read.failure ?? read.value?.newestFailure,
});

/** The isolate that this code runs in. */
export const isolate = new Isolate();
