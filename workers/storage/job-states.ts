// What is known of each job: its last success and failure, and requests to run it now. One row a job, so that reading
// all of them each minute costs little.

import { type JobName, listJobs } from './job-schedule.ts';
import { nameJobLease } from './leases.ts';

/** A job that runs each minute writes its success this seldom: D1 counts every row that is written. */
const SUCCESS_WRITTEN_EVERY_MS = 5 * 60_000;

/** Times in epoch milliseconds. */
export interface JobState {
  job: string;
  /** When the crons ran for the first time with this job. */
  knownSince: number;
  /** Start of the last run that succeeded, its duration and rows. */
  succeededAt: number | null;
  durationMs: number | null;
  rows: number | null;
  /** Start of the last run that failed. */
  failedAt: number | null;
  error: string | null;
  requestedAt: number | null;
}

/** Without jobs that the crons have not met yet. */
export async function readJobStates(db: D1Database): Promise<Map<string, JobState>> {
  const { results } = await db
    .prepare(
      `select job, known_since as knownSince, succeeded_at as succeededAt, duration_ms as durationMs, rows,
              failed_at as failedAt, error, requested_at as requestedAt from jobs`,
    )
    .all<JobState>();
  return new Map(results.map((state) => [state.job, state]));
}

interface Success {
  job: string;
  startedAt: number;
  durationMs: number;
  rows: number;
}

/** Records a success of a job; of a frequent one only if the last one is old or has failed since. */
export const writeSuccess = (
  db: D1Database,
  { job, startedAt, durationMs, rows }: Success,
  isFrequent = false,
): D1PreparedStatement =>
  db
    .prepare(
      `insert into jobs (job, known_since, succeeded_at, duration_ms, rows) values (?1, ?2, ?2, ?3, ?4)
       on conflict do update
       set succeeded_at = excluded.succeeded_at, duration_ms = excluded.duration_ms, rows = excluded.rows
       where coalesce(succeeded_at, 0) <= max(excluded.succeeded_at - ?5, coalesce(failed_at, 0))`,
    )
    .bind(job, startedAt, durationMs, rows, isFrequent ? SUCCESS_WRITTEN_EVERY_MS : 0);

/** Records a success of a frequent job. True if the run before failed. */
export const recordFrequentSuccess = (db: D1Database, success: Success): Promise<boolean> =>
  recordOutcome(db, success.job, writeSuccess(db, success, true));

/** True if the run before failed, too. */
export const recordFailure = async (db: D1Database, job: string, startedAt: number, error: string): Promise<boolean> =>
  recordOutcome(
    db,
    job,
    db
      .prepare(
        `insert into jobs (job, known_since, failed_at, error) values (?1, ?2, ?2, ?3)
         on conflict do update set failed_at = excluded.failed_at, error = excluded.error`,
      )
      .bind(job, startedAt, error),
  );

/** True if the run before failed. */
async function recordOutcome(db: D1Database, job: string, record: D1PreparedStatement): Promise<boolean> {
  const [before] = await db.batch<{ job: string }>([
    db.prepare('select job from jobs where job = ?1 and failed_at > coalesce(succeeded_at, 0)').bind(job),
    record,
  ]);
  return before!.results.length > 0;
}

/**
 * Makes all jobs known, so that one that never runs is late, and takes the requests: each is returned once. Without
 * either, it writes nothing.
 */
export async function takeRequests(db: D1Database, now: number): Promise<string[]> {
  const [, taken] = await db.batch<{ job: string }>([
    db
      .prepare(
        `insert into jobs (job, known_since) select value, ?2 from json_each(?1) where true on conflict do nothing`,
      )
      .bind(JSON.stringify(listJobs()), now),
    db.prepare('update jobs set requested_at = null where requested_at is not null returning job'),
  ]);
  return taken!.results.map(({ job }) => job);
}

/** Requests a run of a job. False if it is running, or requested already. */
export async function requestRun(db: D1Database, job: JobName, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into jobs (job, known_since, requested_at)
       select ?1, ?2, ?2 where not exists (
         select 1 from leases where name = ?3 and expires_at > unixepoch('subsec') * 1000)
       on conflict do update set requested_at = excluded.requested_at where requested_at is null`,
    )
    .bind(job, now, nameJobLease(job))
    .run();
  return meta.changes > 0;
}
