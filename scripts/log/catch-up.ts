// Repeats the jobs that count and export the log until nothing is left: a run of either does as much as the Worker may
// in one invocation, and an import writes millions of events at once. Not beside a running server, whose crons do the
// same: two writers of the local D1 collide.

import { setTimeout as sleep } from 'node:timers/promises';
import { exportSnapshot } from '../../workers/offline/export-snapshot.ts';
import { withLease } from '../../workers/storage/leases.ts';
import { readCountedSequence, rollUpLog } from '../../workers/storage/roll-up.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import type { Platform } from '../local/platform.ts';

const LEASE_POLL_MS = 1_000;

type OnProgress = (step: string) => void;

/** Brings the snapshot up to the end of the log. Returns the number of rows exported. */
export const exportLog = ({ DB, BUCKET }: Platform, onProgress: OnProgress): Promise<number> =>
  withJobLease(DB, 'export-snapshot', onProgress, async () => {
    const { lastSequence } = await readSnapshotOrEmpty(BUCKET);
    const events = (await readLastSequence(DB)) - lastSequence;
    let exported = 0;
    for (;;) {
      const rows = await exportSnapshot({ DB, BUCKET }, Date.now());
      if (rows === 0) return exported;
      exported += rows;
      if (exported < events) onProgress(`archiving ${count(exported)} of ${count(events)} events`);
    }
  });

/** Counts the players of all events. Returns the number of events counted. */
export const countLog = ({ DB }: Pick<Platform, 'DB'>, onProgress: OnProgress, pageEvents?: number): Promise<number> =>
  withJobLease(DB, 'refresh-statistics', onProgress, async () => {
    const events = (await readLastSequence(DB)) - (await readCountedSequence(DB));
    let counted = 0;
    for (;;) {
      const run = await rollUpLog(DB, pageEvents);
      counted += run.events;
      if (run.isComplete) return counted;
      onProgress(`counting ${count(counted)} of ${count(events)} events`);
    }
  });

/** Waits for another command that does the same, or until the lease of one that was killed expires. */
async function withJobLease<T>(
  db: D1Database,
  job: string,
  onProgress: OnProgress,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const done = await withLease(db, `job ${job}`, work);
    if (done !== undefined) return done.result;
    onProgress(`waiting for another run of ${job}; one that was killed blocks it for two minutes`);
    await sleep(LEASE_POLL_MS);
  }
}

const readLastSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select max(sequence) as last from events').first<number>('last')) ?? 0;

const count = (n: number) => n.toLocaleString('en');
