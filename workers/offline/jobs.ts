// The table that maps each cron of wrangler.toml to its jobs, and the record that every run leaves.

import { beginJobRun, endJobRun } from '../storage/job-runs.ts';
import { listSubscriptions, notify } from '../storage/subscriptions.ts';
import { announceRelease } from './announce-release.ts';
import { announceDueTraining } from './announce-training.ts';
import { fanOutPlayers } from './compute-galleries.ts';
import { exportNewSnapshot } from './export-snapshot.ts';
import { forgetOldRows } from './forget-old-rows.ts';
import { refreshStatistics } from './refresh-statistics.ts';

/** Does its work and returns how many rows it dealt with. `now`: epoch milliseconds. */
type Job = (env: JobEnv, now: number) => Promise<number>;
export type JobEnv = Pick<Env, 'DB' | 'BUCKET' | 'GALLERIES' | 'NOTIFICATIONS'>;

interface NamedJob {
  name: string;
  job: Job;
}

/** One after the other. An account without a plan may have five crons. */
export const JOBS: Record<string, readonly NamedJob[]> = {
  '*/10 * * * *': [
    { name: 'refresh-statistics', job: refreshStatistics },
    { name: 'announce-release', job: announceRelease },
  ],
  '5 * * * *': [{ name: 'export-snapshot', job: exportNewSnapshot }],
  '25 3 * * *': [{ name: 'forget-old-rows', job: forgetOldRows }],
  '15 * * * *': [{ name: 'announce-training', job: announceDueTraining }],
  '25 * * * *': [{ name: 'compute-galleries', job: fanOutPlayers }],
};

/** The cron of a job. */
export const cronOf = (name: string): string => {
  const found = Object.entries(JOBS).find(([, jobs]) => jobs.some((job) => job.name === name));
  if (found === undefined) throw new Error(`there is no job “${name}”`);
  return found[0];
};

/** Runs the jobs of a cron, all of them. Throws for a cron without a job, and what the first that failed threw. */
export async function runJobs(cron: string, env: JobEnv): Promise<void> {
  const jobs = JOBS[cron];
  if (jobs === undefined)
    throw new Error(`no job for the cron “${cron}”: workers/offline/jobs.ts and wrangler.toml differ`);
  const failures: unknown[] = [];
  for (const job of jobs) await runJob(cron, job, env).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Runs one and records the run. Throws what the job throws. */
async function runJob(cron: string, entry: NamedJob, env: JobEnv): Promise<void> {
  const startedAt = Date.now();
  const run = await beginJobRun(env.DB, entry.name, cron, startedAt);
  const end = (outcome: 'done' | 'failed', rows: number | null, error: string | null) =>
    endJobRun(env.DB, run, { durationMs: Date.now() - startedAt, rows, outcome, error });
  try {
    const rows = await entry.job(env, startedAt);
    await end('done', rows, null);
  } catch (error) {
    console.error(JSON.stringify({ alert: 'job failed', job: entry.name, error: String(error) }));
    await end('failed', null, (error as Error).message);
    await tellSubscribers(env, { id: `job-${run}`, job: entry.name, cron, startedAt, error: error as Error });
    throw error;
  }
}

/** What failed is the job: that nobody could be told must not hide it. */
async function tellSubscribers(
  { DB, NOTIFICATIONS }: JobEnv,
  { id, job, cron, startedAt, error }: { id: string; job: string; cron: string; startedAt: number; error: Error },
): Promise<void> {
  try {
    await notify(NOTIFICATIONS, await listSubscriptions(DB), {
      id,
      type: 'job.failed',
      timestamp: new Date().toISOString(),
      data: { job, cron, error: error.message, startedAt: new Date(startedAt).toISOString() },
    });
  } catch (failure) {
    console.error(JSON.stringify({ alert: 'subscribers not told', job, error: (failure as Error).message }));
  }
}
