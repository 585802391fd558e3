// Reads the measures that rules of alerts are about. Each minute: at most 1,000 rows of unlogged users, 10,000 of dead
// letters, the experiments, jobs and rules, the traffic of some hours, a query for each database, three objects of R2.

import type { AlertMeasure } from '../../models/contracts/alert.ts';
import { countDeadLetters } from '../storage/dead-letters.ts';
import { listStoppedVariants } from '../storage/experiments.ts';
import { isLate, type JobName, listJobs } from '../storage/job-schedule.ts';
import { readJobStates } from '../storage/job-states.ts';
import { type LogBindings, listLogShards } from '../storage/log-shards.ts';
import { readPointer } from '../storage/release-pointer.ts';
import { RefusedReleaseError, type ReleaseEnv, readManifest } from '../storage/releases.ts';
import { readOldestUnlogged } from '../storage/unlogged-users.ts';
import type { Measures } from './judge-alerts.ts';
import { measureTraffic } from './measure-traffic.ts';

const HOUR_MS = 3_600_000;
export const STOPPED_WITHIN_MS = 24 * HOUR_MS;
const UNLOGGED_USERS_MAX = 1_000;
const DEAD_LETTERS_MAX = 10_000;

export type MeasureEnv = Pick<Env, 'DB' | 'BUCKET'> & ReleaseEnv & LogBindings;

type Read = Partial<Record<AlertMeasure, number | null>>;

/** `failures`: why measures are absent. `now`: epoch milliseconds. */
export async function readMeasures(env: MeasureEnv, now: number): Promise<{ measures: Measures; failures: Error[] }> {
  const { DB } = env;
  const reads: Promise<Read>[] = [
    measureUnlogged(DB, now),
    measureJobs(DB, now),
    measureReleaseAge(env, now),
    measureTraffic(DB, now),
    measureDatabases(env),
    countDeadLetters(DB, DEAD_LETTERS_MAX).then((n) => ({ 'dead-letters': n })),
    listStoppedVariants(DB, now - STOPPED_WITHIN_MS).then(({ length }) => ({ 'stopped-variants': length })),
  ];
  const settled = await Promise.allSettled(reads);
  const measured = settled.flatMap((one) => (one.status === 'fulfilled' ? Object.entries(one.value) : []));
  return {
    measures: new Map(measured as [AlertMeasure, number | null][]),
    failures: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : [])),
  };
}

async function measureUnlogged(db: D1Database, now: number): Promise<Read> {
  const { events, oldestAt } = await readOldestUnlogged(db, UNLOGGED_USERS_MAX);
  return { 'unlogged-events': events, 'unlogged-age': oldestAt === null ? 0 : Math.floor((now - oldestAt) / 1_000) };
}

/** A job that the crons have not met yet is not late: the every-minute cron makes all known. */
async function measureJobs(db: D1Database, now: number): Promise<Read> {
  const states = await readJobStates(db);
  const hasFailed = (job: JobName) => (states.get(job)?.failedAt ?? 0) > (states.get(job)?.succeededAt ?? 0);
  const late = listJobs().filter((job) => {
    const { knownSince = now, succeededAt = null } = states.get(job) ?? {};
    return isLate(job, Math.max(knownSince, succeededAt ?? 0), now);
  });
  return { 'failed-jobs': listJobs().filter(hasFailed).length, 'late-jobs': late.length };
}

/** Unknown before the first release, and while this version refuses the one in use. */
async function measureReleaseAge(env: MeasureEnv, now: number): Promise<Read> {
  const pointer = await readPointer(env.BUCKET);
  if (pointer === undefined) return { 'release-age': null };
  try {
    const { createdAt } = await readManifest(env, pointer);
    return { 'release-age': (now - Date.parse(createdAt)) / HOUR_MS };
  } catch (error) {
    if (error instanceof RefusedReleaseError) return { 'release-age': null };
    throw error;
  }
}

async function measureDatabases({ DB, ...bindings }: MeasureEnv): Promise<Read> {
  const databases = [DB, ...listLogShards(bindings)];
  const sizes = await Promise.all(databases.map(async (db) => (await db.prepare('select 1').run()).meta.size_after));
  return { 'database-size': Math.max(...sizes) / 1e6 };
}
