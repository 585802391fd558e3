// Endpoints for operators: health, the release in use, the age of the data, and the outcomes of jobs.

import { z } from '@hono/zod-openapi';
import { Degradation } from '../../models/contracts/gallery.ts';
import type { LoadedRelease } from '../inference/release.ts';
import { listFailures } from '../serving/degradation.ts';
import { isolate } from '../serving/isolate.ts';
import type { CacheRead } from '../storage/cache.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import { countDeadLetters } from '../storage/dead-letters.ts';
import { readEventCounts } from '../storage/event-counts.ts';
import { HOUR_MS } from '../storage/hour.ts';
import { flushCounts } from '../storage/isolate-counts.ts';
import { type JobRun, listJobRuns } from '../storage/job-runs.ts';
import { listLogShards } from '../storage/log-shards.ts';
import type { ServingState } from '../storage/read-state.ts';
import type { LoadedStatistics } from '../storage/statistics.ts';
import { readUnlogged, type Unlogged } from '../storage/unlogged-users.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';

const JOB_RUNS_SHOWN = 100;
const HOURS_SHOWN = 24;

const Health = z.object({ status: z.literal('ok') });
const Status = z
  .object({
    workerVersion: z.string().nullable().meta({
      description: 'Id of the Worker’s version that answers, as Cloudflare gives it to each deployment.',
    }),
    release: z.string().nullable(),
    engine: z.enum(['onnx', 'plain']).nullable().meta({
      description:
        'The engine that scores in this isolate; `plain`: the release’s neighbours, because onnxruntime did not start.',
    }),
    modelMemory: z.enum(['plain', 'shared']).nullable().meta({
      description: 'Kind of memory that onnxruntime runs in; null if it does not run. The build makes it `plain`.',
    }),
    modelMemoryMB: z
      .number()
      .nullable()
      .meta({ description: 'Memory of the engine and its model, outside JavaScript.' }),
    state: z
      .object({
        version: z.number().int().meta({ description: 'It grows with each publication; 0 before the first.' }),
        publishedAt: z.iso.datetime().nullable().meta({ description: 'Null before the first publication.' }),
        ageSeconds: z.number().meta({ description: 'Time since it was known to be the newest.' }),
        hasUnpublished: z.boolean().meta({ description: 'Changes made through this isolate hold only here so far.' }),
      })
      .nullable()
      .meta({
        description:
          'The published state that this isolate serves: rules, keys, issuers, subscriptions, and the names of the ' +
          'statistics and the release. Null if it could not be read.',
      }),
    statisticsAt: z.iso.datetime().nullable(),
    items: z.number().int().meta({ description: 'Items that are not hidden.' }),
    deadLetters: z.number().int(),
    log: z
      .object({
        hours: z
          .array(
            z.object({
              hour: z.iso.datetime(),
              accepted: z.number().int().meta({ description: 'Events acknowledged as new.' }),
              logged: z.number().int().meta({ description: 'Events received in this hour that the log has by now.' }),
            }),
          )
          .meta({ description: 'The last 24 hours with events, oldest first. Imports are not counted.' }),
        shards: z
          .array(
            z.object({
              shard: z.number().int().meta({ description: 'The number of its binding: LOG_0, LOG_1, …' }),
              logged: z.number().int().meta({ description: 'Events logged in these 24 hours.' }),
              unmoved: z
                .number()
                .int()
                .meta({
                  description:
                    'Events whose players’ counts may still have to move to another database; `trim-log` keeps them. ' +
                    'After a database was added, each `refresh-statistics` moves some.',
                }),
              sizeMB: z.number().meta({ description: 'Size of the database; Cloudflare’s limit is 10,000.' }),
            }),
          )
          .meta({ description: 'The databases that the log is spread over.' }),
        unlogged: z
          .object({
            users: z.number().int(),
            events: z.number().int(),
            oldestAgeSeconds: z.number().int().nullable(),
          })
          .meta({ description: 'Events that their players’ objects miss in the log and send again.' }),
      })
      .meta({ description: 'The state of the event log: accepted events that it has, and those that it lacks.' }),
    failures: z.array(Degradation).meta({ description: 'Failures of this isolate to load or refresh, with reasons.' }),
    jobRuns: z.array(
      z.object({
        job: z.string(),
        cron: z.string(),
        startedAt: z.iso.datetime(),
        durationMs: z.number().nullable(),
        rows: z.number().nullable(),
        outcome: z.enum(['running', 'done', 'failed', 'skipped']),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Status' });
export interface System {
  workerVersion: string | null;
  readState(): Promise<CacheRead<ServingState>>;
  hasUnpublished(): boolean;
  readCatalogue(): Promise<CacheRead<Pick<Catalogue, 'size'>>>;
  readStatistics(): Promise<CacheRead<LoadedStatistics | undefined>>;
  refreshRelease(): Promise<unknown>;
  /** Call it after the last await: a release read before an await may have been retired. */
  peekRelease(): CacheRead<LoadedRelease | undefined>;
  countDeadLetters(): Promise<number>;
  /** Since a time (epoch milliseconds), this isolate's own included. */
  readEventCounts(since: number): ReturnType<typeof readEventCounts>;
  readUnlogged(): Promise<Unlogged>;
  /** Latest first. */
  listJobRuns(limit: number): Promise<JobRun[]>;
}

function openSystem({ env, executionCtx }: AppContext): System {
  const now = Date.now();
  const waitUntil = (promise: Promise<unknown>) => executionCtx.waitUntil(promise);
  return {
    workerVersion: env.DEPLOYED_VERSION?.id ?? null,
    readState: () => isolate.state.get(env, now, waitUntil),
    hasUnpublished: () => isolate.state.hasUnpublished,
    readCatalogue: () => isolate.getCatalogue(env, now, waitUntil),
    readStatistics: () => isolate.getStatistics(env, now, waitUntil),
    refreshRelease: () => isolate.getRelease(env, now, waitUntil),
    peekRelease: () => isolate.peekRelease(),
    countDeadLetters: () => countDeadLetters(env.DB),
    readEventCounts: async (since) => {
      await flushCounts(env.DB);
      return readEventCounts(env.DB, listLogShards(env), since);
    },
    readUnlogged: () => readUnlogged(env.DB),
    listJobRuns: (limit) => listJobRuns(env.DB, limit),
  };
}

export const getHealth = (): z.output<typeof Health> => ({ status: 'ok' });

export async function getStatus(_: object, system: System): Promise<z.output<typeof Status>> {
  const now = Date.now();
  const [state, catalogue, statistics, , deadLetters, eventCounts, unlogged, jobRuns] = await Promise.all([
    system.readState(),
    system.readCatalogue(),
    system.readStatistics(),
    system.refreshRelease(),
    system.countDeadLetters(),
    system.readEventCounts(now - (HOURS_SHOWN - 1) * HOUR_MS),
    system.readUnlogged(),
    system.listJobRuns(JOB_RUNS_SHOWN),
  ]);
  const release = system.peekRelease();
  return {
    workerVersion: system.workerVersion,
    release: release.value?.manifest.version ?? null,
    engine: release.value?.scorer.engine ?? null,
    modelMemory: release.value?.scorer.memory ?? null,
    modelMemoryMB: release.value === undefined ? null : release.value.scorer.memoryBytes() / 1e6,
    state: state.value === undefined ? null : describeState(state.value, system.hasUnpublished(), now),
    statisticsAt: statistics.value?.statistics.computedAt ?? null,
    items: catalogue.value?.size ?? 0,
    deadLetters,
    log: summariseLog(eventCounts, unlogged, now),
    failures: listFailures({ rules: state, catalogue, statistics, release, ranking: release.value?.ranking }),
    jobRuns: jobRuns.map(({ id: _, ...run }) => ({ ...run, startedAt: new Date(run.startedAt).toISOString() })),
  };
}

const describeState = (
  { version, readAt }: ServingState,
  hasUnpublished: boolean,
  now: number,
): z.output<typeof Status>['state'] => ({
  version,
  publishedAt: version === 0 ? null : new Date(version).toISOString(),
  ageSeconds: Math.max(0, now - readAt) / 1_000,
  hasUnpublished,
});

const summariseLog = (
  { hours, shards }: Awaited<ReturnType<typeof readEventCounts>>,
  { users, events, oldestAt }: Unlogged,
  now: number,
): z.output<typeof Status>['log'] => ({
  hours: hours.map(({ hour, ...count }) => ({ hour: new Date(hour * HOUR_MS).toISOString(), ...count })),
  shards: shards.map(({ bytes, ...count }) => ({ ...count, sizeMB: bytes / 1e6 })),
  unlogged: { users, events, oldestAgeSeconds: oldestAt === null ? null : Math.round((now - oldestAt) / 1_000) },
});

const tag = 'Operation';

const ENDPOINTS: Endpoint<System>[] = [
  defineEndpoint({
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    tag,
    summary: 'Check that the Worker answers',
    description: 'Needs no key, and reveals nothing else.',
    answer: { schema: Health, description: 'The Worker answers.' },
    handle: getHealth,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/status',
    operationId: 'getStatus',
    tag,
    summary: 'Read the state of the system',
    description: 'As the isolate that answers sees it.',
    scope: 'admin',
    answer: { schema: Status, description: 'The state.' },
    handle: getStatus,
  }),
];

export const routeStatus = (app: App): void => registerEndpoints(app, ENDPOINTS, openSystem);
