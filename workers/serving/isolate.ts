// The caches of an isolate and their freshness: the published state, and what it names: the catalogue, the statistics,
// the model release, and the release that experiments compare with it. An isolate's other state is where it is used:
// remembered players, the engine, digests of keys, counts.

import type { ReleasePointer } from '../../models/contracts/release.ts';
import { forgetBroken, type LoadedRelease, loadRelease, retireRelease } from '../inference/release.ts';
import { Cache, type CacheRead } from '../storage/cache.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { ItemChange } from '../storage/items.ts';
import type { ServingState } from '../storage/read-state.ts';
import type { ReleaseEnv } from '../storage/releases.ts';
import { type LoadedStatistics, readStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';
import { CommonRows } from './common-rows.ts';
import { FollowedCatalogue } from './followed-catalogue.ts';
import { FollowedState, type WaitUntil } from './followed-state.ts';

export type ServingEnv = Stores & ReleaseEnv;

/** A load that takes longer has died, or hangs. */
const LOAD_WAIT_MS = 10_000;
/** Until a caller who has moved the pointer gets an answer; the platform ends work 30 seconds after one. */
export const ACTIVATION_WAIT_MS = 25_000;

export class Isolate {
  readonly commonRows = new CommonRows();
  /** The files in use here are refreshed together with the state, not with the next request. */
  readonly state = new FollowedState<ServingEnv>((env, state, now, waitUntil) => {
    if (this.#catalogue.peek().value !== undefined) void this.#followCatalogue(env, state, now, waitUntil, 0);
    if (this.#statistics.peek().value !== undefined) void this.#followStatistics(env, state, now, waitUntil, 0);
    if (this.#release.peek().value !== undefined) void this.#followRelease(env, state, now, waitUntil, 0);
  });
  // These follow the state. Besides, what failed to load is tried again.
  readonly #catalogue = new Cache<Catalogue>('catalogue', {
    freshMs: 30_000,
    staleMs: Number.POSITIVE_INFINITY,
    waitMs: 2_000,
  });
  readonly #followed = new FollowedCatalogue();
  readonly #statistics = new Cache<LoadedStatistics | undefined>('statistics', {
    freshMs: 30_000,
    staleMs: Number.POSITIVE_INFINITY,
    waitMs: 500,
  });
  // The first gallery does not wait long for the model: a cold isolate answers from statistics while it loads.
  readonly #release = new Cache<LoadedRelease | undefined>(
    'release',
    { freshMs: 15_000, staleMs: Number.POSITIVE_INFINITY, waitMs: 150 },
    { retire: (retired) => this.#retire(retired) },
  );
  /** Besides the current one; no answer waits for it. */
  readonly #comparedRelease = new Cache<LoadedRelease | undefined>(
    'compared release',
    { freshMs: 15_000, staleMs: Number.POSITIVE_INFINITY, waitMs: 0 },
    { retire: (retired) => this.#retire(retired) },
  );

  /** Exists from the start, so that a change made through this isolate can always be applied. */
  get catalogue(): Catalogue {
    return this.#followed.catalogue;
  }

  /** The last load of it. */
  #loadingCompared: Promise<LoadedRelease | undefined> | undefined;

  /** `waitMs`, here and below: how long the caller can wait; the cache's default if undefined. */
  getCatalogue(env: ServingEnv, now: number, waitUntil: WaitUntil, waitMs?: number): Promise<CacheRead<Catalogue>> {
    return this.#follow(env, now, waitUntil, waitMs, this.#catalogue, (state, leftMs) =>
      this.#followCatalogue(env, state, now, waitUntil, leftMs),
    );
  }

  /** Shows a change, made through this isolate, in its next answer; elsewhere within 30 seconds. */
  applyChange(env: ServingEnv, change: ItemChange, waitUntil: WaitUntil): void {
    this.catalogue.apply(change);
    this.state.publishSoon(env, waitUntil);
  }

  getStatistics(env: ServingEnv, now: number, waitUntil: WaitUntil, waitMs?: number) {
    return this.#follow(env, now, waitUntil, waitMs, this.#statistics, (state, leftMs) =>
      this.#followStatistics(env, state, now, waitUntil, leftMs),
    );
  }

  async getRelease(env: ServingEnv, now: number, waitUntil: WaitUntil, waitMs?: number) {
    const read = await this.#follow(env, now, waitUntil, waitMs, this.#release, (state, leftMs) =>
      this.#followRelease(env, state, now, waitUntil, leftMs),
    );
    return withNewestFailure(read);
  }

  /** A loaded release: the current one, or the one that experiments compare with it. As peekRelease. */
  findRelease(version: string): LoadedRelease | undefined {
    return this.#listLoaded().find(({ manifest }) => manifest.version === version);
  }

  /** False once it is retired. */
  holds(release: LoadedRelease): boolean {
    return this.#listLoaded().includes(release);
  }

  /** The current release. Call it right before scoring: one read before an await may have been retired. */
  peekRelease(): CacheRead<LoadedRelease | undefined> {
    return withNewestFailure(this.#release.peek());
  }

  /**
   * Call it right after moving the pointer. Also tries a release that failed shortly before. A load that takes long
   * goes on behind the answer.
   */
  async revalidateRelease(env: ServingEnv, now: number, waitUntil: WaitUntil): Promise<void> {
    await this.state.publish(env, now, waitUntil);
    forgetBroken();
    const pointer = this.state.peek().value?.parts.release ?? undefined;
    const loading = this.#release.revalidate((loaded) => this.#loadCurrent(env, pointer, loaded, now), now);
    waitUntil(loading);
    await withDeadline(loading, ACTIVATION_WAIT_MS).catch(() => {});
  }

  /** Reads the state, and then what it names, in the time that is left. */
  async #follow<T>(
    env: ServingEnv,
    now: number,
    waitUntil: WaitUntil,
    waitMs: number | undefined,
    cache: Cache<T>,
    read: (state: ServingState, leftMs: number | undefined) => Promise<CacheRead<T>>,
  ): Promise<CacheRead<T>> {
    const startedAt = Date.now();
    const state = await this.state.get(env, now, waitUntil, { waitMs });
    if (state.value === undefined) return { ...state, value: cache.peek().value };
    const leftMs = waitMs === undefined ? undefined : Math.max(0, waitMs - (Date.now() - startedAt));
    const named = await read(state.value, leftMs);
    return { ...named, failure: named.failure ?? state.failure ?? state.value.bucketFailure };
  }

  #followCatalogue(env: ServingEnv, state: ServingState, now: number, waitUntil: WaitUntil, waitMs?: number) {
    const load = () => this.#followed.load(env, state, now);
    const isNamed = () => this.#followed.isNamed(state, now);
    const isOverdue = this.#followed.isOverdue(state, now);
    return this.#catalogue.get(load, now, waitUntil, { waitMs }, { isNamed, isOverdue });
  }

  #followStatistics(env: ServingEnv, state: ServingState, now: number, waitUntil: WaitUntil, waitMs?: number) {
    const { statistics: key } = state.parts;
    const load = async (loaded: LoadedStatistics | undefined) =>
      key === null || loaded?.key === key ? loaded : readStatistics(env.BUCKET, key);
    const isNamed = (loaded: LoadedStatistics | undefined) => key === null || loaded?.key === key;
    return this.#statistics.get(load, now, waitUntil, { waitMs }, { isNamed, isOverdue: false });
  }

  #followRelease(env: ServingEnv, state: ServingState, now: number, waitUntil: WaitUntil, waitMs?: number) {
    const pointer = state.parts.release ?? undefined;
    const load = (loaded: LoadedRelease | undefined) => this.#loadCurrent(env, pointer, loaded, now);
    void this.#followCompared(env, state, now, waitUntil);
    const isNamed = (loaded: LoadedRelease | undefined) =>
      pointer === undefined || loaded?.manifest.version === pointer.version;
    return this.#release.get(load, now, waitUntil, { waitMs }, { isNamed, isOverdue: false });
  }

  /** An isolate has memory for two releases, so a third is loaded in place of the compared one. */
  async #loadCurrent(
    env: ServingEnv,
    pointer: ReleasePointer | undefined,
    loaded: LoadedRelease | undefined,
    now: number,
  ): Promise<LoadedRelease | undefined> {
    const found = pointer && this.findRelease(pointer.version);
    if (pointer !== undefined && found === undefined && loaded !== undefined) await this.#dropCompared(now);
    return loadRelease(env, pointer, found ?? loaded, now);
  }

  /** Waits for a load of it that runs, unless that has died with its request. */
  async #dropCompared(now: number): Promise<void> {
    if (this.#loadingCompared === undefined) return;
    await withDeadline(this.#loadingCompared, LOAD_WAIT_MS).catch(() => {});
    this.#loadingCompared = undefined;
    await this.#comparedRelease.revalidate(async () => undefined, now);
  }

  async #followCompared(env: ServingEnv, { parts }: ServingState, now: number, waitUntil: WaitUntil): Promise<void> {
    const named = parts.experiments.find(({ namedRelease }) => namedRelease !== null)?.namedRelease ?? undefined;
    const held = this.#comparedRelease.peek().value;
    if (named === undefined && held === undefined) return;
    const current = this.#release.peek().value?.manifest.version;
    // While the current release changes, none is loaded beside the two; it may change to the compared one.
    const isSettled = current === parts.release?.version;
    const kept = [named?.version, parts.release?.version];
    if (!isSettled && held !== undefined && kept.includes(held.manifest.version)) return;
    const wanted = isSettled && named?.version !== current ? named : undefined;
    // One that is held is retired first, and the next call loads the other.
    const load = async (loaded: LoadedRelease | undefined) => {
      if (wanted === undefined || (loaded !== undefined && loaded.manifest.version !== wanted.version))
        return undefined;
      this.#loadingCompared = loadRelease(env, { ...wanted, previous: null }, loaded, now);
      return this.#loadingCompared;
    };
    const isNamed = (loaded: LoadedRelease | undefined) => loaded?.manifest.version === wanted?.version;
    await this.#comparedRelease.get(load, now, waitUntil, {}, { isNamed, isOverdue: false });
  }

  #listLoaded(): LoadedRelease[] {
    return [this.#release.peek().value, this.#comparedRelease.peek().value].filter((loaded) => loaded !== undefined);
  }

  /** A release may have become the current one. */
  #retire(retired: LoadedRelease | undefined): void {
    if (retired !== undefined && !this.holds(retired)) void retireRelease(retired);
  }
}

/** A release that stands in for a broken one is a degradation, too. */
const withNewestFailure = (read: CacheRead<LoadedRelease | undefined>): CacheRead<LoadedRelease | undefined> => ({
  ...read,
  failure: read.failure ?? read.value?.newestFailure,
});

/** The isolate that this code runs in. */
export const isolate = new Isolate();
