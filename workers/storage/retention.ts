// Expired data: rows of D1 by age, files of the log by their day, and files that no snapshot names any more.
// Listing and deleting go through the same table, so that a dry run lists what a run deletes.

import type { DataFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { toDay } from './day.ts';
import { deleteUnnamedFiles, listUnnamedFiles } from './delete-unnamed-files.ts';
import { askShards, type LogBindings, type LogShards, listLogShards, workOnShards } from './log-shards.ts';
import type { RetentionSettings } from './settings.ts';
import { editSnapshot, readSnapshotOrEmpty, retireFiles } from './snapshots.ts';

const DAY_MS = 86_400_000;
/** Rows that operators look at; they name no player, but undelivered notifications do. */
const ROWS_KEPT_DAYS = 30;
/** Coverage is over a week. */
const COVERAGE_DAYS = 8;

/** `rows`: null if they were not counted. `keptDays`: infinity, in JSON null, for what is kept for ever. */
export interface Expired {
  store: string;
  keptDays: number;
  rows: number | null;
  files: number;
  bytes: number;
}

interface RowKind {
  store: string;
  table: string;
  /** SQL, whose parameter is the time before which rows go, epoch milliseconds. */
  expired: string;
  keptDays: number;
}

const ROWS: readonly RowKind[] = [
  { store: 'job-runs', table: 'job_runs', expired: 'started_at < ?1', keptDays: ROWS_KEPT_DAYS },
  { store: 'slate-counts', table: 'slate_counts', expired: 'day < ?1 / 86400000', keptDays: ROWS_KEPT_DAYS },
  // 0: the sum of closed hours, which stays.
  { store: 'metrics', table: 'metric_counts', expired: 'hour > 0 and hour < ?1 / 3600000', keptDays: 90 },
  // Events hardly ever react to an answer later.
  { store: 'shown-answers', table: 'shown_answers', expired: 'shown_at < ?1', keptDays: 2 },
  // Clicks neither.
  { store: 'interleaved-rows', table: 'interleaved_rows', expired: 'at < ?1', keptDays: 2 },
  { store: 'acted-items', table: 'acted_items', expired: 'day < ?1 / 86400000', keptDays: COVERAGE_DAYS },
  {
    store: 'undelivered',
    table: 'dead_letters',
    expired: "received_at < ?1 and queue = 'notifications'",
    keptDays: ROWS_KEPT_DAYS,
  },
];
/** The same for each database of the log. */
const LOG_ROWS: readonly RowKind[] = [
  { store: 'logged-counts', table: 'event_counts', expired: 'hour < ?1 / 3600000', keptDays: ROWS_KEPT_DAYS },
];

type Stores = { DB: D1Database; BUCKET: R2Bucket } & LogBindings;

/** The kinds of rows, each with its databases. */
const listRowKinds = (env: Stores): { kind: RowKind; databases: LogShards }[] => [
  ...ROWS.map((kind) => ({ kind, databases: [env.DB] })),
  ...LOG_ROWS.map((kind) => ({ kind, databases: listLogShards(env) })),
];

/** Counts what a run at `now` (epoch milliseconds) would delete; stores with nothing to delete are included. */
export async function listExpired(env: Stores, settings: RetentionSettings, now: number): Promise<Expired[]> {
  const { BUCKET } = env;
  const rows: Expired[] = [];
  for (const { kind, databases } of listRowKinds(env)) {
    const counted = await askShards(databases, async (db) => {
      const count = db.prepare(`select count(*) as n from ${kind.table} where ${kind.expired}`);
      return [(await count.bind(now - kind.keptDays * DAY_MS).first<number>('n')) ?? 0];
    });
    rows.push({ store: kind.store, keptDays: kind.keptDays, rows: add(counted), files: 0, bytes: 0 });
  }
  const manifest = await readSnapshotOrEmpty(BUCKET);
  const { logDays, slateDays, snapshotDays } = settings;
  const unnamed = await listUnnamedFiles(BUCKET, now - snapshotDays * DAY_MS);
  return [
    ...rows,
    describeFiles('log', logDays, findExpired(manifest.events, logDays, now)),
    describeFiles('slates', slateDays, findExpired(manifest.slates, slateDays, now)),
    {
      store: 'replaced-files',
      keptDays: snapshotDays,
      rows: null,
      files: unnamed.length,
      bytes: unnamed.reduce((sum, { size }) => sum + size, 0),
    },
  ];
}

/** Returns the number of rows and files. Files of the log leave the snapshot now, and R2 after `snapshotDays`. */
export async function deleteExpired(
  env: Stores,
  { logDays, slateDays, snapshotDays }: RetentionSettings,
  now: number,
): Promise<number> {
  const { BUCKET } = env;
  let deleted = 0;
  for (const { kind, databases } of listRowKinds(env)) {
    const before = now - kind.keptDays * DAY_MS;
    const remove = (db: D1Database) => db.prepare(`delete from ${kind.table} where ${kind.expired}`).bind(before).run();
    deleted += add((await workOnShards(databases, remove)).map(({ meta }) => meta.changes));
  }
  let files = 0;
  await editSnapshot(BUCKET, now, (manifest) => {
    const expired = [
      ...findExpired(manifest.events, logDays, now),
      ...findExpired(manifest.slates, slateDays, now),
    ] as DataFile[];
    files = expired.length;
    return files === 0 ? undefined : withoutFiles(manifest, expired, now);
  });
  const unnamed = await deleteUnnamedFiles(BUCKET, now, snapshotDays * DAY_MS);
  return deleted + files + unnamed;
}

const add = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

const findExpired = <File extends { day: string }>(files: readonly File[], days: number, now: number): File[] =>
  Number.isFinite(days) ? files.filter(({ day }) => day < toDay(now - days * DAY_MS)) : [];

const describeFiles = (store: string, keptDays: number, files: readonly DataFile[]): Expired => ({
  store,
  keptDays,
  rows: files.reduce((sum, { rows }) => sum + rows, 0),
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
});

function withoutFiles(manifest: SnapshotManifest, expired: readonly DataFile[], now: number) {
  const keys = new Set(expired.map(({ key }) => key));
  return {
    events: manifest.events.filter(({ key }) => !keys.has(key)),
    slates: manifest.slates.filter(({ key }) => !keys.has(key)),
    retired: [...manifest.retired, ...retireFiles(expired, [], now)],
  };
}
