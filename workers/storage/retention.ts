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

/** `rows`: null if they were not counted. `keptDays`: infinity, in JSON null, for what is kept for ever. */
export interface Expired {
  store: string;
  keptDays: number;
  rows: number | null;
  files: number;
  bytes: number;
}

/** `expired`: SQL, whose parameter is the time before which rows go, epoch milliseconds. */
const ROWS = [
  { store: 'job-runs', table: 'job_runs', expired: 'started_at < ?1' },
  { store: 'accepted-counts', table: 'event_counts', expired: "hour < ?1 / 3600000 and kind = 'accepted'" },
  { store: 'answer-counts', table: 'answer_counts', expired: 'hour < ?1 / 3600000' },
  { store: 'slate-counts', table: 'slate_counts', expired: 'day < ?1 / 86400000' },
  { store: 'undelivered', table: 'dead_letters', expired: "received_at < ?1 and queue = 'notifications'" },
] as const;
/** The same for each database of the log. */
const LOG_ROWS = [
  { store: 'logged-counts', table: 'event_counts', expired: "hour < ?1 / 3600000 and kind = 'logged'" },
] as const;

type RowKind = (typeof ROWS | typeof LOG_ROWS)[number];
type Stores = { DB: D1Database; BUCKET: R2Bucket } & LogBindings;

/** The kinds of rows, each with its databases. */
const listRowKinds = (env: Stores): { kind: RowKind; databases: LogShards }[] => [
  ...ROWS.map((kind) => ({ kind, databases: [env.DB] })),
  ...LOG_ROWS.map((kind) => ({ kind, databases: listLogShards(env) })),
];

/** Counts what a run at `now` (epoch milliseconds) would delete; stores with nothing to delete are included. */
export async function listExpired(env: Stores, settings: RetentionSettings, now: number): Promise<Expired[]> {
  const { BUCKET } = env;
  const before = now - ROWS_KEPT_DAYS * DAY_MS;
  const rows: Expired[] = [];
  for (const { kind, databases } of listRowKinds(env)) {
    const counted = await askShards(databases, async (db) => {
      const count = db.prepare(`select count(*) as n from ${kind.table} where ${kind.expired}`);
      return [(await count.bind(before).first<number>('n')) ?? 0];
    });
    rows.push({ store: kind.store, keptDays: ROWS_KEPT_DAYS, rows: add(counted), files: 0, bytes: 0 });
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
  const before = now - ROWS_KEPT_DAYS * DAY_MS;
  let deleted = 0;
  for (const { kind, databases } of listRowKinds(env)) {
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
