// Maps each cron of wrangler.toml to its jobs, and records every run.

import { eraseUsers } from '../personal-data/erase-users.ts';
import { openErasureRun } from '../personal-data/stores.ts';
import { isolate } from '../serving/isolate.ts';
import { beginJobRun, endJobRun } from '../storage/job-runs.ts';
import { nameJobLease, withLease } from '../storage/leases.ts';
import type { LogBindings } from '../storage/log-shards.ts';
import { readPublishedState } from '../storage/published-state.ts';
import type { RetentionVars } from '../storage/settings.ts';
import { listSubscriptions, notify } from '../storage/subscriptions.ts';
import { announceRelease } from './announce-release.ts';
import { announceDueTraining } from './announce-training.ts';
import { checkUnlogged } from './check-unlogged.ts';
import { queueActivePlayers } from './compute-galleries.ts';
import { deleteOldRows } from './delete-old-rows.ts';
import { endMerges } from './end-merges.ts';
import { exportSnapshot } from './export-snapshot.ts';
import { refreshStatistics } from './refresh-statistics.ts';
import { republishState } from './republish-state.ts';
import { trimLog } from './trim-log.ts';
import { watchExperiments } from './watch-experiments.ts';

/** Returns the number of rows it processed. `now`: epoch milliseconds. */
type Job = (env: JobEnv, now: number) => Promise<number>;
export type JobEnv = Pick<
  Env,
  'DB' | 'BUCKET' | 'GALLERIES' | 'NOTIFICATIONS' | 'USER_SIGNALS' | 'COUNTED_GAMES_PER_DAY' | 'RELEASE_KEYS'
> &
  RetentionVars &
  LogBindings;

interface NamedJob {
  name: string;
  job: Job;
  /** Runs every minute, and may run twice at once: it needs no lease, and only failures are recorded. */
  isFrequent?: true;
}

const ERASE_USERS: NamedJob = { name: 'erase-users', job: (env) => eraseUsers(openErasureRun(env)) };

/** The jobs of a cron run one after the other: free accounts are limited to five crons. */
export const JOBS: Record<string, readonly NamedJob[]> = {
  '* * * * *': [
    { name: 'republish-state', job: republishState, isFrequent: true },
    { name: 'watch-experiments', job: watchExperiments, isFrequent: true },
  ],
  '*/10 * * * *': [
    { name: 'refresh-statistics', job: refreshStatistics },
    { name: 'announce-release', job: announceRelease },
    { name: 'check-unlogged', job: checkUnlogged },
    ERASE_USERS,
  ],
  '5 * * * *': [
    { name: 'export-snapshot', job: exportSnapshot },
    { name: 'trim-log', job: trimLog },
  ],
  '25 3 * * *': [
    { name: 'delete-old-rows', job: deleteOldRows },
    { name: 'end-merges', job: endMerges },
  ],
  // Here too: a ten-minute cron has 30 seconds of CPU, enough to rewrite a file of some 400,000 rows; an hourly cron
  // has 15 minutes.
  '15 * * * *': [
    { name: 'announce-training', job: announceDueTraining },
    { name: 'compute-galleries', job: queueActivePlayers },
    ERASE_USERS,
  ],
};

/** The cron that runs a job. Throws for an unknown job. */
export const cronOf = (name: string): string => {
  const found = Object.entries(JOBS).find(([, jobs]) => jobs.some((job) => job.name === name));
  if (found === undefined) throw new Error(`there is no job “${name}”`);
  return found[0];
};

/**
 * Runs all jobs of a cron, except those that another run holds the lease of. Throws for a cron without jobs, and
 * rethrows the first failure after the last job.
 */
export async function runJobs(cron: string, env: JobEnv): Promise<void> {
  const jobs = JOBS[cron];
  if (jobs === undefined)
    throw new Error(`no job for the cron “${cron}”: workers/offline/jobs.ts and wrangler.toml differ`);
  const failures: unknown[] = [];
  for (const job of jobs) await runJob(cron, job, env).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Runs one job under its lease and records the run. Throws what the job throws. */
async function runJob(cron: string, { name, job, isFrequent }: NamedJob, env: JobEnv): Promise<void> {
  const startedAt = Date.now();
  let run: number | undefined;
  const end = (outcome: 'done' | 'failed' | 'skipped', rows: number | null, error: string | null) =>
    run === undefined
      ? undefined
      : endJobRun(env.DB, run, { durationMs: Date.now() - startedAt, rows, outcome, error });
  try {
    if (isFrequent) return void (await job(env, startedAt));
    run = await beginJobRun(env.DB, name, cron, startedAt);
    const done = await withLease(env.DB, nameJobLease(name), () => job(env, startedAt));
    if (done === undefined) await end('skipped', null, null);
    else await end('done', done.result, null);
  } catch (cause) {
    const error = cause as Error;
    console.error(JSON.stringify({ alert: 'job failed', job: name, error: String(error) }));
    // D1 may be what failed.
    if (isFrequent) run = await beginJobRun(env.DB, name, cron, startedAt).catch(() => undefined);
    await Promise.resolve(end('failed', null, error.message)).catch(() => {});
    await notifySubscribers(env, { id: `job-${run ?? `${name}-${startedAt}`}`, job: name, cron, startedAt, error });
    throw error;
  }
}

/** Never throws: a failing notification must not hide the job's own error. */
async function notifySubscribers(
  { DB, BUCKET, NOTIFICATIONS }: JobEnv,
  { id, job, cron, startedAt, error }: { id: string; job: string; cron: string; startedAt: number; error: Error },
): Promise<void> {
  try {
    const listeners = await listSubscriptions(DB).catch(async (failure) => {
      // An isolate that runs crons may never have served.
      const published = await readPublishedState(BUCKET).catch(() => undefined);
      const state = published ?? isolate.state.peek().value?.parts;
      if (state === undefined) throw failure;
      return state.subscriptions;
    });
    await notify(NOTIFICATIONS, listeners, {
      id,
      type: 'job.failed',
      timestamp: new Date().toISOString(),
      data: { job, cron, error: error.message, startedAt: new Date(startedAt).toISOString() },
    });
  } catch (failure) {
    console.error(JSON.stringify({ alert: 'subscribers not told', job, error: (failure as Error).message }));
  }
}
