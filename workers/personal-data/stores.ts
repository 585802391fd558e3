// All stores that hold data of players, in the order of their erasure.

import { type LogBindings, listLogShards } from '../storage/log-shards.ts';
import { renewSnapshotVersion } from '../storage/snapshots.ts';
import { openCountsStore } from './counts-store.ts';
import { openDeadLetterStore } from './dead-letter-store.ts';
import type { ErasureRun } from './erase-users.ts';
import { FILE_KINDS } from './file-kinds.ts';
import { openFileStore } from './file-store.ts';
import { openMergeStore } from './merge-store.ts';
import { openObjectStore } from './object-store.ts';
import { openSlateBatchStore } from './slate-batch-store.ts';
import { joinStores, type PersonalDataStore } from './store.ts';
import { LOG_TABLES, openTableStore, PREFERENCES, USER_TABLES } from './table-store.ts';

export type PersonalDataEnv = Pick<Env, 'DB' | 'BUCKET' | 'USER_SIGNALS'> & LogBindings;

export function openStores(env: PersonalDataEnv): PersonalDataStore[] {
  const { DB, BUCKET, USER_SIGNALS } = env;
  const shards = listLogShards(env);
  return [
    // Before the objects, which read preferences from D1.
    openTableStore(DB, PREFERENCES),
    // Before the log: an object resends events that the log lacks.
    openObjectStore(USER_SIGNALS),
    ...LOG_TABLES.map((table) => joinStores(shards.map((shard) => openTableStore(shard, table)))),
    ...USER_TABLES.map((table) => openTableStore(DB, table)),
    joinStores(shards.map(openCountsStore)),
    openMergeStore(DB),
    openDeadLetterStore(DB),
    openSlateBatchStore(DB, BUCKET),
    // After D1 and the batches: the files are made from these.
    ...FILE_KINDS.map((kind) => openFileStore(DB, BUCKET, kind)),
  ];
}

export const openErasureRun = (env: PersonalDataEnv): ErasureRun => ({
  db: env.DB,
  shards: listLogShards(env),
  stores: openStores(env),
  renewSnapshotVersion: () => renewSnapshotVersion(env.BUCKET, Date.now()),
});
