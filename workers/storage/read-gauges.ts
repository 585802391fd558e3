// The system's states, as gauges of its metrics.

import type { MetricCount } from '../../models/contracts/system-metrics.ts';
import { readCoverage } from './coverage.ts';
import { countDeadLetters } from './dead-letters.ts';
import { hourOf } from './hour.ts';
import { readJobStates } from './job-states.ts';
import type { LogShards } from './log-shards.ts';
import { readPointer } from './release-pointer.ts';
import { type ReleaseEnv, readAcceptedManifest } from './releases.ts';
import type { Stores } from './stores.ts';
import { readUnlogged } from './unlogged-users.ts';

type Gauge = Omit<MetricCount, 'hour'>;

interface GaugeOptions {
  /** Epoch milliseconds. */
  now: number;
  /** Number of visible items. */
  items: number;
  /** The day since which items count as shown or played, in days since the epoch. */
  itemsFrom: number;
}

const secondsSince = (at: number, now: number): number => Math.max(0, (now - at) / 1_000);

export async function readGauges(
  env: Stores & ReleaseEnv,
  shards: LogShards,
  { now, items, itemsFrom }: GaugeOptions,
): Promise<Gauge[]> {
  const { DB } = env;
  const [unlogged, letters, jobs, trainedAt, isCovered] = await Promise.all([
    readUnlogged(DB),
    countDeadLetters(DB),
    readJobStates(DB),
    readTrainedAt(env),
    hasCoverage(DB, hourOf(now)),
  ]);
  // It reads a row for each item and day: once an hour is enough.
  const coverage = isCovered ? [] : await readCoverage(DB, itemsFrom, items);
  return [
    { metric: 'unlogged-events', labels: {}, amount: unlogged.events },
    { metric: 'unlogged-age', labels: {}, amount: secondsSince(unlogged.oldestAt ?? now, now) },
    { metric: 'dead-letters', labels: {}, amount: letters },
    ...[...jobs.values()].flatMap(({ job, succeededAt }): Gauge[] =>
      succeededAt === null
        ? []
        : [{ metric: 'job-last-success-timestamp', labels: { job }, amount: succeededAt / 1_000 }],
    ),
    ...(trainedAt === undefined
      ? []
      : [{ metric: 'release-age' as const, labels: {}, amount: secondsSince(trainedAt, now) }]),
    ...coverage.map(({ act, share }): Gauge => ({ metric: 'coverage', labels: { act }, amount: share })),
    ...(await readSizes(DB, shards)),
  ];
}

/** Epoch milliseconds; undefined without a release that this version serves. */
async function readTrainedAt(env: ReleaseEnv): Promise<number | undefined> {
  const pointer = await readPointer(env.BUCKET);
  const manifest = pointer && (await readAcceptedManifest(env, pointer));
  return manifest && Date.parse(manifest.createdAt);
}

const hasCoverage = async (db: D1Database, hour: number): Promise<boolean> =>
  (await db.prepare("select 1 from metric_counts where hour = ?1 and metric = 'coverage'").bind(hour).first()) !== null;

async function readSizes(db: D1Database, shards: LogShards): Promise<Gauge[]> {
  const databases: [string, D1Database][] = [
    ['DB', db],
    ...shards.map((shard, n): [string, D1Database] => [`LOG_${n}`, shard]),
  ];
  return Promise.all(
    databases.map(async ([database, one]): Promise<Gauge> => {
      const { meta } = await one.prepare('select 1').run();
      return { metric: 'database-size', labels: { database }, amount: meta.size_after };
    }),
  );
}
