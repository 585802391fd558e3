// One row for each run of a job, without the successful runs of jobs that run each minute. What is known of each job:
// job-states.ts.

import { hourOf } from './hour.ts';
import { addMetricRows, toMetricRow } from './metric-counts.ts';

export interface JobRun {
  id: number;
  job: string;
  cron: string;
  startedAt: number;
  durationMs: number | null;
  rows: number | null;
  outcome: 'running' | 'done' | 'failed' | 'skipped';
  error: string | null;
}

const COLUMNS = 'id, job, cron, started_at as startedAt, duration_ms as durationMs, rows, outcome, error';

/** Records that a job has begun; a run that never ends stays `running`. Returns the run's id. */
export async function beginJobRun(db: D1Database, job: string, cron: string, startedAt: number): Promise<number> {
  const id = await db
    .prepare("insert into job_runs (job, cron, started_at, outcome) values (?1, ?2, ?3, 'running') returning id")
    .bind(job, cron, startedAt)
    .first<number>('id');
  return id!;
}

/** Records how a run has ended, and counts it among the metrics. `more`: statements of the same transaction. */
export async function endJobRun(
  db: D1Database,
  id: number,
  { job, startedAt, durationMs, rows, outcome, error }: Omit<JobRun, 'id' | 'cron'>,
  more: readonly D1PreparedStatement[] = [],
): Promise<void> {
  const counted = toMetricRow({ hour: hourOf(startedAt), metric: 'job-runs', labels: { job, outcome }, amount: 1 });
  await db.batch([
    db
      .prepare('update job_runs set duration_ms = ?2, rows = ?3, outcome = ?4, error = ?5 where id = ?1')
      .bind(id, durationMs, rows, outcome, error),
    addMetricRows(db, [counted]),
    ...more,
  ]);
}

/** The newest runs, newest first. */
export async function listJobRuns(db: D1Database, limit: number): Promise<JobRun[]> {
  const { results } = await db
    .prepare(`select ${COLUMNS} from job_runs order by started_at desc, id desc limit ?1`)
    .bind(limit)
    .all<JobRun>();
  return results;
}

/** The runs of a job before a run, newest first. */
export async function listRunsOf(db: D1Database, job: string, beforeId: number, limit: number): Promise<JobRun[]> {
  const { results } = await db
    .prepare(`select ${COLUMNS} from job_runs where job = ?1 and id < ?2 order by id desc limit ?3`)
    .bind(job, beforeId, limit)
    .all<JobRun>();
  return results;
}

/** The newest run of each job. */
export async function readLastRuns(db: D1Database, jobs: readonly string[]): Promise<Map<string, JobRun>> {
  const { results } = await db
    .prepare(
      `select ${COLUMNS} from job_runs where id in (
         select (select max(id) from job_runs where job = value) from json_each(?1))`,
    )
    .bind(JSON.stringify(jobs))
    .all<JobRun>();
  return new Map(results.map((run) => [run.job, run]));
}
