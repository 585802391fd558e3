// Repeats the jobs that count and export the log until nothing is left: a run is limited to one invocation of the
// Worker, and an import writes millions of events at once. Do not call it beside a running server, whose crons do the
// same: two writers of the local D1 collide.

import { setTimeout as sleep } from 'node:timers/promises';
import { exportSnapshot } from '../../workers/offline/export-snapshot.ts';
import { nameJobLease, withLease } from '../../workers/storage/leases.ts';
import { type LogBindings, type LogShards, listLogShards } from '../../workers/storage/log-shards.ts';
import { moveCounts } from '../../workers/storage/move-counts.ts';
import { readCountedSequence, rollUpLog } from '../../workers/storage/roll-up.ts';
import { lastSequenceOf, readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import type { LogStores } from '../local/platform.ts';

const LEASE_POLL_MS = 1_000;
/** Pages of events between two lines of progress. */
const PAGES_PER_RUN = 40;

type OnProgress = (step: string) => void;

/** Brings the snapshot up to the end of the log. Returns the number of rows exported. */
export const exportLog = (stores: LogStores, onProgress: OnProgress): Promise<number> =>
  withJobLease(stores.DB, 'export-snapshot', onProgress, async () => {
    const snapshot = await readSnapshotOrEmpty(stores.BUCKET);
    const events = await countBeyond(listLogShards(stores), (_, shard) => lastSequenceOf(snapshot, shard));
    let exported = 0;
    for (;;) {
      const rows = await exportSnapshot(stores, Date.now());
      if (rows === 0) return exported;
      exported += rows;
      if (exported < events) onProgress(`archiving ${count(exported)} of ${count(events)} events`);
    }
  });

interface CountOptions {
  /** `COUNTED_GAMES_PER_DAY`: a run of the job could not count the acts of closed days anew. */
  gamesPerDay: number;
  pageEvents?: number;
}

/** Counts the players of all events. Returns the number of events counted. */
export const countLog = (
  stores: Pick<LogStores, 'DB'> & LogBindings,
  onProgress: OnProgress,
  { gamesPerDay, pageEvents }: CountOptions,
): Promise<number> =>
  withJobLease(stores.DB, 'refresh-statistics', onProgress, async () => {
    const shards = listLogShards(stores);
    const events = await countBeyond(shards, readCountedSequence);
    let counted = 0;
    for (const database of shards)
      for (let isComplete = false; !isComplete; ) {
        const run = await rollUpLog(database, { pageEvents, pagesMax: PAGES_PER_RUN, gamesPerDay });
        counted += run.events;
        ({ isComplete } = run);
        if (!isComplete) onProgress(`counting ${count(counted)} of ${count(events)} events`);
      }
    while (!(await moveCounts(stores.DB, shards))) onProgress('moving the counts of players to other databases');
    return counted;
  });

/** Waits for another command to finish the job, or for the lease of a killed one to expire. */
async function withJobLease<T>(
  db: D1Database,
  job: string,
  onProgress: OnProgress,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const done = await withLease(db, nameJobLease(job), work);
    if (done !== undefined) return done.result;
    onProgress(`waiting for another run of ${job}; one that was killed blocks it for two minutes`);
    await sleep(LEASE_POLL_MS);
  }
}

/** The number of events after the given sequences, by database of the log. */
export async function countBeyond(
  shards: LogShards,
  readSequence: (database: D1Database, shard: number) => number | Promise<number>,
): Promise<number> {
  let events = 0;
  for (const [shard, database] of shards.entries())
    events += Math.max(0, (await readLastSequence(database)) - (await readSequence(database, shard)));
  return events;
}

const readLastSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select max(sequence) as last from events').first<number>('last')) ?? 0;

const count = (n: number) => n.toLocaleString('en');
