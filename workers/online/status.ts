// What an operator asks first: which release serves, how old the data is, and how the jobs went.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Degradation } from '../../models/contracts/gallery.ts';
import { listFailures } from '../serving/degradation.ts';
import { isolate } from '../serving/isolate.ts';
import { countDeadLetters } from '../storage/dead-letters.ts';
import { listJobRuns } from '../storage/job-runs.ts';
import { json, problems, scoped } from './routing.ts';

const JOB_RUNS_SHOWN = 100;

const Status = z
  .object({
    release: z.string().nullable(),
    engine: z.enum(['onnx', 'plain']).nullable().meta({
      description:
        'What ranks in this isolate; plain: the neighbours of the release, because onnxruntime does not start.',
    }),
    modelMemoryMB: z
      .number()
      .nullable()
      .meta({ description: 'What the engine and its model occupy outside JavaScript.' }),
    statisticsAt: z.iso.datetime().nullable(),
    items: z.number().int().meta({ description: 'On show.' }),
    deadLetters: z.number().int(),
    failures: z.array(Degradation).meta({ description: 'What this isolate could not load or refresh, and why.' }),
    jobRuns: z.array(
      z.object({
        job: z.string(),
        cron: z.string(),
        startedAt: z.iso.datetime(),
        durationMs: z.number().nullable(),
        rows: z.number().nullable(),
        outcome: z.enum(['running', 'done', 'failed']),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Status' });

export function routeStatus(app: OpenAPIHono<{ Bindings: Env }>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      tags: ['Operation'],
      summary: 'Whether the Worker answers',
      description: 'The only answer that needs no key; it tells nothing else.',
      responses: { 200: json(z.object({ status: z.literal('ok') }), 'It does.') },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/status',
      tags: ['Operation'],
      summary: 'The state of the system, as this location sees it',
      ...scoped('admin'),
      responses: { 200: json(Status, 'The state.'), ...problems() },
    }),
    async (c) => {
      const now = Date.now();
      const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise);
      const [catalogue, statistics, , deadLetters, runs] = await Promise.all([
        isolate.getCatalogue(c.env, now, waitUntil),
        isolate.getStatistics(c.env, now, waitUntil),
        isolate.getRelease(c.env, now, waitUntil),
        countDeadLetters(c.env.DB),
        listJobRuns(c.env.DB, JOB_RUNS_SHOWN),
      ]);
      const release = isolate.peekRelease();
      return c.json(
        {
          release: release.value?.manifest.version ?? null,
          engine: release.value?.scorer.engine ?? null,
          modelMemoryMB: release.value === undefined ? null : release.value.scorer.memoryBytes() / 1e6,
          statisticsAt: statistics.value?.statistics.computedAt ?? null,
          items: catalogue.value?.size ?? 0,
          deadLetters,
          failures: listFailures({ catalogue, statistics, release, ranking: release.value?.ranking }),
          jobRuns: runs.map((run) => ({ ...run, startedAt: new Date(run.startedAt).toISOString() })),
        },
        200,
      );
    },
  );
}
