// The table that maps each cron of wrangler.toml to its job, and the record that every run leaves.

import { beginJobRun, endJobRun } from '../storage/job-runs.ts';
import type { Stores } from '../storage/stores.ts';
import { announceDueTraining } from './announce-training.ts';
import { exportNewSnapshot } from './export-snapshot.ts';
import { refreshStatistics } from './refresh-statistics.ts';

/** Does its work and returns how many rows it dealt with. `now`: epoch milliseconds. */
type Job = (stores: Stores, now: number) => Promise<number>;

export const JOBS: Record<string, { name: string; job: Job }> = {
  '*/10 * * * *': { name: 'refresh-statistics', job: refreshStatistics },
  '5 * * * *': { name: 'export-snapshot', job: exportNewSnapshot },
  '15 * * * *': { name: 'announce-training', job: announceDueTraining },
};

/** Runs the job of a cron and records the run. Throws for a cron without a job, and what the job throws. */
export async function runJob(cron: string, stores: Stores): Promise<void> {
  const entry = JOBS[cron];
  if (entry === undefined)
    throw new Error(`no job for the cron “${cron}”: workers/offline/jobs.ts and wrangler.toml differ`);
  const startedAt = Date.now();
  const run = await beginJobRun(stores.DB, entry.name, cron, startedAt);
  const end = (outcome: 'done' | 'failed', rows: number | null, error: string | null) =>
    endJobRun(stores.DB, run, { durationMs: Date.now() - startedAt, rows, outcome, error });
  try {
    const rows = await entry.job(stores, startedAt);
    await end('done', rows, null);
  } catch (error) {
    console.error(JSON.stringify({ alert: 'job failed', job: entry.name, error: String(error) }));
    await end('failed', null, (error as Error).message);
    throw error;
  }
}
