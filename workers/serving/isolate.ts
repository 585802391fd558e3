// What an isolate holds between requests: the catalogue, the statistics, the model release, the store's rules and who is to be
// told of what, each with
// how fresh it must be. With safety.ts the only state of the Worker outside storage.

import { type LoadedRelease, loadRelease, retireRelease } from '../inference/release.ts';
import { Cache, type CacheRead } from '../storage/cache.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { type RuleSet, readRules } from '../storage/rules.ts';
import { type LoadedStatistics, readStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';
import { type Listener, listSubscriptions } from '../storage/subscriptions.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

export class Isolate {
  /** There from the start, so that a change made through this isolate always has a place to go. */
  readonly catalogue = new Catalogue();
  // A change of the catalogue shows in the whole world within 30 seconds: staleMs plus one refresh.
  readonly #catalogue = new Cache<Catalogue>('catalogue', { freshMs: 10_000, staleMs: 25_000, waitMs: 2_000 });
  readonly #statistics = new Cache<LoadedStatistics | undefined>('statistics', {
    freshMs: 30_000,
    staleMs: Number.POSITIVE_INFINITY,
    waitMs: 500,
  });
  // The first gallery does not wait long for the model: a cold isolate answers from statistics while it loads.
  readonly #release = new Cache<LoadedRelease | undefined>(
    'release',
    { freshMs: 15_000, staleMs: Number.POSITIVE_INFINITY, waitMs: 150 },
    async (retired) => retired && retireRelease(retired),
  );
  // A change of a rule shows at the next request through the isolate that made it, and elsewhere a second later: who
  // comes then waits for the rules, beside waiting for the player's signals.
  readonly #rules = new Cache<RuleSet>('rules', { freshMs: 1_000, staleMs: 1_000, waitMs: 1_000 });

  readonly #subscriptions = new Cache<Listener[]>('subscriptions', {
    freshMs: 10_000,
    staleMs: 25_000,
    waitMs: 1_000,
  });

  /** `patienceMs`, here and below: how long the caller can wait. */
  getCatalogue({ DB }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number): Promise<CacheRead<Catalogue>> {
    const refresh = async () => {
      await this.catalogue.refresh(DB);
      return this.catalogue;
    };
    return this.#catalogue.get(refresh, now, waitUntil, patienceMs);
  }

  getStatistics({ BUCKET }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) {
    return this.#statistics.get((held) => readStatistics(BUCKET, held), now, waitUntil, patienceMs);
  }

  getRelease({ BUCKET }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) {
    return this.#release.get((held) => loadRelease(BUCKET, held, now), now, waitUntil, patienceMs);
  }

  /** The release as it is now. To be asked right before scoring: a reading from before an await may have been retired. */
  peekRelease(): CacheRead<LoadedRelease | undefined> {
    return this.#release.peek();
  }

  getRules({ DB }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) {
    return this.#rules.get((held) => readRules(DB, held), now, waitUntil, patienceMs);
  }

  /** Right after a change of a rule: the next request through this isolate must see it. */
  revalidateRules({ DB }: Stores): Promise<void> {
    return this.#rules.revalidate((held) => readRules(DB, held), Date.now());
  }

  /** Who listens to what. */
  getSubscriptions({ DB }: Stores, now: number, waitUntil: WaitUntil) {
    return this.#subscriptions.get(() => listSubscriptions(DB), now, waitUntil);
  }

  /** Right after a change of a subscription. */
  revalidateSubscriptions({ DB }: Stores): Promise<void> {
    return this.#subscriptions.revalidate(() => listSubscriptions(DB), Date.now());
  }
}

/** This one. */
export const isolate = new Isolate();
