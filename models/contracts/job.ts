// Jobs of the crons as operators see them: when each is due, its last runs, whether it is late.

import { z } from 'zod';

export const JOB_RUNS_PAGE_MAX = 100;

const time = z.iso.datetime();

export const JobRunView = z
  .object({
    runId: z.number().int(),
    cron: z.string().meta({ description: 'The cron that started it, or `on request`.', example: '5 * * * *' }),
    startedAt: time,
    durationMs: z.number().nullable(),
    rows: z.number().nullable(),
    outcome: z.enum(['running', 'done', 'failed', 'skipped']).meta({
      description: '`skipped`: another run was at work. A run that was cut off stays `running`.',
    }),
    error: z.string().nullable(),
  })
  .meta({ id: 'JobRun' });
export type JobRunView = z.infer<typeof JobRunView>;

export const JobView = z
  .object({
    job: z.string(),
    crons: z.array(z.string()),
    nextDueAt: time,
    isLate: z.boolean().meta({
      description: 'True if a run that was due a quarter of an hour ago has not succeeded, or the crons never ran.',
    }),
    requestedAt: time.nullable().meta({ description: 'Set while a requested run waits for the next minute.' }),
    lastSuccess: z
      .object({ startedAt: time, durationMs: z.number(), rows: z.number() })
      .nullable()
      .meta({ description: 'Up to five minutes old for a job that runs every minute.' }),
    lastFailure: z.object({ startedAt: time, error: z.string() }).nullable(),
    lastRun: JobRunView.nullable().meta({
      description: 'The newest in the history, where a job that runs every minute has only what has changed.',
    }),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof JobView>;
