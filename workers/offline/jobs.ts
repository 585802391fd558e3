// Runs the jobs of a cron (workers/storage/job-schedule.ts), and those that operators requested; records every run.

import { logError, logWarning } from '../logging/log.ts';
import { eraseUsers } from '../personal-data/erase-users.ts';
import { openErasureRun } from '../personal-data/stores.ts';
import { isolate } from '../serving/isolate.ts';
import { beginJobRun, endJobRun, type JobRun } from '../storage/job-runs.ts';
import { EVERY_MINUTE, isJobName, type JobName, SCHEDULE } from '../storage/job-schedule.ts';
import {
  readJobStates,
  recordFailure,
  recordFrequentSuccess,
  takeRequests,
  writeSuccess,
} from '../storage/job-states.ts';
import { nameJobLease, withLease } from '../storage/leases.ts';
import type { LogBindings } from '../storage/log-shards.ts';
import { readPublishedState } from '../storage/published-state.ts';
import type { RetentionVars } from '../storage/settings.ts';
import { listSubscriptions, notify } from '../storage/subscriptions.ts';
import { announceRelease } from './announce-release.ts';
import { announceDueTraining } from './announce-training.ts';
import { checkAlerts } from './check-alerts.ts';
import { checkUnlogged } from './check-unlogged.ts';
import { queueActivePlayers } from './compute-galleries.ts';
import { countMetrics } from './count-metrics.ts';
import { deleteOldRows } from './delete-old-rows.ts';
import { endMerges } from './end-merges.ts';
import { exportSnapshot } from './export-snapshot.ts';
import { refreshStatistics } from './refresh-statistics.ts';
import { republishState } from './republish-state.ts';
import { trimLog } from './trim-log.ts';
import { watchExperiments } from './watch-experiments.ts';

/** Returns the number of rows it processed; undefined if it left the work to another run. `now`: epoch milliseconds. */
type Job = (env: JobEnv, now: number, cron: string) => Promise<number | undefined>;
export type JobEnv = Pick<
  Env,
  'DB' | 'BUCKET' | 'GALLERIES' | 'NOTIFICATIONS' | 'USER_SIGNALS' | 'COUNTED_GAMES_PER_DAY' | 'RELEASE_KEYS'
> &
  RetentionVars &
  LogBindings;

interface JobDefinition {
  run: Job;
  /**
   * Runs every minute, and may run twice at once: it needs no lease, and of its runs only the first of several failures
   * and the first success after them are recorded.
   */
  isFrequent?: true;
}

const DEFINITIONS: Record<JobName, JobDefinition> = {
  'republish-state': { run: republishState, isFrequent: true },
  'watch-experiments': { run: watchExperiments, isFrequent: true },
  'check-alerts': { run: checkAlertsOnce, isFrequent: true },
  'refresh-statistics': { run: refreshStatistics },
  'announce-release': { run: announceRelease },
  'check-unlogged': { run: checkUnlogged, isFrequent: true },
  'count-metrics': { run: countMetrics },
  'erase-users': { run: (env) => eraseUsers(openErasureRun(env)) },
  'export-snapshot': { run: exportSnapshot },
  'trim-log': { run: trimLog },
  'delete-old-rows': { run: deleteOldRows },
  'end-merges': { run: endMerges },
  'announce-training': { run: announceDueTraining },
  'compute-galleries': { run: queueActivePlayers },
};

/** By then the cron that runs every minute is missing. */
const UNCHECKED_MAX_MS = 9 * 60_000;

/** A second cron checks alerts, because the first may be what fails. It does nothing while the first runs. */
async function checkAlertsOnce(env: JobEnv, now: number, cron: string): Promise<number | undefined> {
  if (cron !== EVERY_MINUTE) {
    const { succeededAt } = (await readJobStates(env.DB)).get('check-alerts') ?? {};
    if (now - (succeededAt ?? 0) < UNCHECKED_MAX_MS) return undefined;
  }
  return checkAlerts(env, now);
}

/** In place of a cron, for a run that an operator requested. */
const ON_REQUEST = 'on request';

/**
 * Runs all jobs of a cron, except those that another run holds the lease of; every minute, those that operators
 * requested, too. Throws for a cron without jobs, and rethrows the first failure after the last job.
 */
export async function runJobs(cron: string, env: JobEnv): Promise<void> {
  const jobs = (SCHEDULE as Record<string, readonly JobName[]>)[cron];
  if (jobs === undefined)
    throw new Error(`no job for the cron “${cron}”: workers/storage/job-schedule.ts and wrangler.toml differ`);
  const failures: unknown[] = [];
  const attempt = (work: Promise<void>) => work.catch((error) => void failures.push(error));
  for (const job of jobs) await attempt(runJob(cron, job, env));
  if (cron === EVERY_MINUTE) await attempt(runRequested(env, attempt));
  if (failures.length > 0) throw failures[0];
}

/** A name that this version does not know is dropped. */
async function runRequested(env: JobEnv, attempt: (work: Promise<void>) => Promise<void>): Promise<void> {
  for (const job of await takeRequests(env.DB, Date.now()))
    if (isJobName(job)) await attempt(runJob(ON_REQUEST, job, env));
}

/** Runs one job under its lease and records the run. Throws what the job throws. */
async function runJob(cron: string, name: JobName, env: JobEnv): Promise<void> {
  const { run: work, isFrequent = false } = DEFINITIONS[name];
  const startedAt = Date.now();
  let run: number | undefined;
  const end = (
    outcome: 'done' | 'failed' | 'skipped',
    { rows = null, error = null }: Partial<Pick<JobRun, 'rows' | 'error'>>,
    more?: D1PreparedStatement[],
  ) =>
    run === undefined
      ? undefined
      : endJobRun(
          env.DB,
          run,
          { job: name, startedAt, durationMs: Date.now() - startedAt, rows, outcome, error },
          more,
        );
  const toSuccess = (rows: number) => ({ job: name, startedAt, durationMs: Date.now() - startedAt, rows });
  const succeedFrequently = async (rows: number | undefined) => {
    if (rows === undefined || !(await recordFrequentSuccess(env.DB, toSuccess(rows)))) return;
    logWarning('job succeeds again', { job: name });
    run = await beginJobRun(env.DB, name, cron, startedAt);
    await end('done', { rows });
  };
  try {
    if (isFrequent) return await succeedFrequently(await work(env, startedAt, cron));
    run = await beginJobRun(env.DB, name, cron, startedAt);
    const done = await withLease(env.DB, nameJobLease(name), () => work(env, startedAt, cron));
    if (done === undefined) return await end('skipped', {});
    const { result: rows = 0 } = done;
    await end('done', { rows }, [writeSuccess(env.DB, toSuccess(rows))]);
  } catch (cause) {
    const error = cause as Error;
    // D1 may be what failed.
    const hadFailed = await recordFailure(env.DB, name, startedAt, error.message).catch(() => false);
    // A job that fails every minute is reported when it begins to fail, and when it succeeds again.
    if (isFrequent && hadFailed) throw error;
    logError('job failed', { job: name, error: String(error) });
    if (isFrequent) run = await beginJobRun(env.DB, name, cron, startedAt).catch(() => undefined);
    await Promise.resolve(end('failed', { error: error.message })).catch(() => {});
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
    logError('subscribers not told', { job, error: (failure as Error).message });
  }
}
