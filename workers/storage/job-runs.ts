// One row for each run of each job.

export interface JobRun {
  job: string;
  cron: string;
  startedAt: number;
  durationMs: number | null;
  rows: number | null;
  outcome: 'running' | 'done' | 'failed' | 'skipped';
  error: string | null;
}

/** Records that a job has begun; a run that never ends stays `running`. Returns the run's id. */
export async function beginJobRun(db: D1Database, job: string, cron: string, startedAt: number): Promise<number> {
  const id = await db
    .prepare("insert into job_runs (job, cron, started_at, outcome) values (?1, ?2, ?3, 'running') returning id")
    .bind(job, cron, startedAt)
    .first<number>('id');
  return id!;
}

export async function endJobRun(
  db: D1Database,
  id: number,
  run: Pick<JobRun, 'durationMs' | 'rows' | 'outcome' | 'error'>,
): Promise<void> {
  await db
    .prepare('update job_runs set duration_ms = ?2, rows = ?3, outcome = ?4, error = ?5 where id = ?1')
    .bind(id, run.durationMs, run.rows, run.outcome, run.error)
    .run();
}

/** The newest runs, newest first. */
export async function listJobRuns(db: D1Database, limit: number): Promise<JobRun[]> {
  const { results } = await db
    .prepare(
      `select job, cron, started_at as startedAt, duration_ms as durationMs, rows, outcome, error
       from job_runs order by started_at desc, id desc limit ?1`,
    )
    .bind(limit)
    .all<JobRun>();
  return results;
}
