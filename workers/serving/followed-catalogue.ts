// The catalogue as an isolate follows the files that the published state names: the columns of a base, taken over as
// they are, and the changes since. If a file is damaged, or a cold isolate cannot read R2, D1 has the originals.

import type { CatalogueBase } from '../../models/contracts/published-state.ts';
import { logError } from '../logging/log.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { readBase, readChanges } from '../storage/catalogue-files.ts';
import { DamagedFileError } from '../storage/location-cache.ts';
import { type ServingState, STATE_FRESH_MS, STATE_STALE_MS } from '../storage/read-state.ts';
import type { Stores } from '../storage/stores.ts';

/** A damaged base is not read again for this long: it is large. */
const RETRY_MS = 60_000;

export class FollowedCatalogue {
  #catalogue = new Catalogue();
  /** Key of the base that was taken over. */
  #base: string | undefined;
  /** The revision that the catalogue has by the published files. */
  #revision = 0;
  /** Version of the state that was last followed. */
  #version = 0;
  /** Times at which it was known to be the newest, and D1 was read in place of files; epoch milliseconds. */
  #newestAt = Number.NEGATIVE_INFINITY;
  #originalsAt = Number.NEGATIVE_INFINITY;
  #damaged: { key: string; error: DamagedFileError; at: number } | undefined;

  /** The object changes with each new base: an answer keeps the one with which it began. */
  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** True if the catalogue is as the state names it, or as D1 had it a moment ago. */
  isNamed(state: ServingState, now: number): boolean {
    return this.#isFollowed(state) || now - this.#originalsAt < STATE_FRESH_MS;
  }

  /** Only after a quiet time, or while loads fail: a game may have been recalled meanwhile. */
  isOverdue(state: ServingState, now: number): boolean {
    if (this.#isFollowed(state)) this.#newestAt = Math.max(this.#newestAt, state.readAt);
    return now - this.#newestAt > STATE_STALE_MS;
  }

  #isFollowed({ parts: { catalogue: files } }: ServingState): boolean {
    return files === null || (files.base.key === this.#base && this.#revision >= files.revision);
  }

  /** Throws if what the state names cannot be read, and the originals cannot be read or must not stand in. */
  async load(stores: Stores, state: ServingState, now: number): Promise<Catalogue> {
    try {
      await this.#follow(stores.BUCKET, state, now);
    } catch (error) {
      const isDamaged = error instanceof DamagedFileError;
      // While R2 fails, isolates that have a catalogue do not all turn to D1.
      if (this.#revision > 0 && !isDamaged) throw error;
      if (isDamaged) logError('a file of the catalogue is damaged', { error: error.message });
      await this.#catalogue.refresh(stores.DB);
      this.#originalsAt = now;
      this.#newestAt = Math.max(this.#newestAt, now);
    }
    return this.#catalogue;
  }

  async #follow(bucket: R2Bucket, { version, readAt, parts: { catalogue: files } }: ServingState, now: number) {
    if (files === null) throw new Error('the catalogue is not published yet');
    const { base, changes, revision } = files;
    if (base.key !== this.#base) {
      const taken = await this.#readBase(bucket, base, now);
      // A load that hung may end after a later one.
      if (version < this.#version) return;
      this.#takeOver(taken, base.key, revision);
      // Now, since a load that hung may also end while the changes are read.
      this.#version = version;
    }
    const catalogue = this.#catalogue;
    if (changes !== null && this.#revision < revision)
      await readChanges(bucket, changes, (change) => catalogue.apply(change));
    this.#version = Math.max(this.#version, version);
    this.#revision = Math.max(this.#revision, revision);
    this.#newestAt = Math.max(this.#newestAt, readAt);
  }

  #takeOver(taken: Catalogue, key: string, revision: number): void {
    // After D1 was restored to an earlier point, nothing that was there before counts.
    if (revision < this.#revision) this.#revision = 0;
    // What was changed through this isolate may be newer than the base.
    else taken.applyThoseOf(this.#catalogue);
    this.#catalogue = taken;
    this.#base = key;
  }

  async #readBase(bucket: R2Bucket, base: CatalogueBase, now: number): Promise<Catalogue> {
    const { key } = base;
    if (this.#damaged?.key === key && now - this.#damaged.at < RETRY_MS) throw this.#damaged.error;
    try {
      return await readBase(bucket, base);
    } catch (error) {
      if (error instanceof DamagedFileError) this.#damaged = { key, error, at: now };
      throw error;
    }
  }
}
