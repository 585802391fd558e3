// The table that maps each cron of wrangler.toml to its job, and the record that every run leaves.

import { beginJobRun, endJobRun } from '../storage/job-runs.ts';
import { announceDueTraining } from './announce-training.ts';
import { fanOutPlayers } from './compute-galleries.ts';
import { exportNewSnapshot } from './export-snapshot.ts';
import { forgetSlates } from './forget-slates.ts';
import { refreshStatistics } from './refresh-statistics.ts';

/** Does its work and returns how many rows it dealt with. `now`: epoch milliseconds. */
type Job = (env: JobEnv, now: number) => Promise<number>;
export type JobEnv = Pick<Env, 'DB' | 'BUCKET' | 'GALLERIES'>;

export const JOBS: Record<string, { name: string; job: Job }> = {
  '*/10 * * * *': { name: 'refresh-statistics', job: refreshStatistics },
  '5 * * * *': { name: 'export-snapshot', job: exportNewSnapshot },
  '25 3 * * *': { name: 'forget-slates', job: forgetSlates },
  '15 * * * *': { name: 'announce-training', job: announceDueTraining },
  '25 * * * *': { name: 'compute-galleries', job: fanOutPlayers },
};

/** Runs the job of a cron and records the run. Throws for a cron without a job, and what the job throws. */
export async function runJob(cron: string, env: JobEnv): Promise<void> {
  const entry = JOBS[cron];
  if (entry === undefined)
    throw new Error(`no job for the cron “${cron}”: workers/offline/jobs.ts and wrangler.toml differ`);
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
    throw error;
  }
}
