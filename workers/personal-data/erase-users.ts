// Erases players from every store, one store after the other. The state is in D1 alone, and each step may be repeated:
// a run that dies is continued by the next.

import {
  type Erasure,
  finishErasure,
  finishStore,
  listRunningErasures,
  readErasureStores,
  readErasureUsers,
  recordRows,
} from '../storage/erasures.ts';
import type { LogShards } from '../storage/log-shards.ts';
import type { PersonalDataStore } from './store.ts';

/** A run ends after this; the next continues. */
const RUN_MS = 4 * 60_000;

export interface ErasureRun {
  db: D1Database;
  shards: LogShards;
  /** In this order: a later one may be a copy of earlier ones. */
  stores: readonly PersonalDataStore[];
  /** Gives the snapshot, which is without the players now, a version that no earlier training has read; returns it. */
  renewSnapshotVersion(): Promise<string>;
}

/** Continues all erasures. Returns the number of stores that were finished. Throws the first failure in the end. */
export async function eraseUsers(run: ErasureRun): Promise<number> {
  const endsAt = Date.now() + RUN_MS;
  const failures: unknown[] = [];
  let finished = 0;
  for (const erasure of await listRunningErasures(run.db))
    await eraseUser(erasure, run, endsAt, () => finished++).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return finished;
}

/**
 * Continues one erasure; call it under the lease of the job that erases. `endsAt`: epoch milliseconds; the next run
 * does the rest. `onFinished`: called for each finished store.
 */
export async function eraseUser(
  erasure: Erasure,
  { db, shards, stores, renewSnapshotVersion }: ErasureRun,
  endsAt: number = Date.now() + RUN_MS,
  onFinished: () => void = () => {},
): Promise<void> {
  const { erasureId, requestedAt } = erasure;
  const begun = await readErasureStores(db, erasureId);
  const userIds = await readErasureUsers(db, shards, erasure);
  for (const store of stores) {
    const state = begun.get(store.name);
    if (state !== undefined && state.finishedAt !== null) continue;
    // Counted first, so that the receipt has the whole number whenever a run dies.
    if (state === undefined) await recordRows(db, erasureId, store.name, await store.countRows(userIds, requestedAt));
    while (!(await store.eraseRows(userIds, requestedAt))) if (Date.now() > endsAt) return;
    if ((await store.countRows(userIds, requestedAt)) > 0)
      throw new Error(`the store “${store.name}” still holds rows of a player after their erasure`);
    await finishStore(db, erasureId, store.name, Date.now());
    onFinished();
  }
  await finishErasure(db, erasureId, await renewSnapshotVersion(), Date.now());
}
