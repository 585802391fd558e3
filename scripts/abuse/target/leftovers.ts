// Measures the contents of the local store: the players' objects, the rows of D1, and the files in R2. It changes
// nothing.

import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SLATE_BATCHES_PREFIX } from '../../../models/contracts/layout.ts';
import type { SlateCount } from '../../../workers/storage/slates.ts';

const OBJECTS = 'v3/do/bloodstream-UserSignals';
const DATABASES = 'v3/d1/miniflare-D1DatabaseObject';
const BUCKETS = 'v3/r2/miniflare-R2BucketObject';
const SQLITE = /^[0-9a-f]{64}\.sqlite$/;

/** miniflare's own table in each object, which Cloudflare's objects do not have. */
const OF_MINIFLARE = '__miniflare_do_name';
/** miniflare's table of the files in a bucket. */
const FILES = '_mf_objects';
/**
 * Tables of counters, which are written now and then, whatever is requested; and the one with a row for each logged
 * slate, whose number is bounded.
 */
const COUNTERS = [
  'acted_items',
  'counted_batches',
  'event_counts',
  'metric_counts',
  'metric_cursors',
  'shown_answers',
  'slate_counts',
];

export interface Held {
  /** Bytes of each player's object with a table of the Worker. */
  objects: Map<string, number>;
  /** Rows of D1 by table, without the counters'. */
  rows: Map<string, number>;
  /** Bytes of each file in R2, by key. */
  files: Map<string, number>;
  slates: SlateTotal;
}

/** The slates of all days. */
export interface SlateTotal extends SlateCount {
  /** Days with slates. Each has a budget of its own. */
  days: number;
  /** Answers that metrics remember. */
  shown: number;
}

/** Contents that were not there before. */
export interface Leftovers {
  objects: number;
  /** Bytes of the objects. */
  bytes: number;
  rows: string[];
  /** Keys in R2, without batches of slates. */
  files: string[];
  /** Slates written to R2 by the log of slates, and their bytes there, gzipped. */
  slates: { logged: number; fileBytes: number };
}

export function measureHeld(state: string): Held {
  const folder = path.join(state, OBJECTS);
  const objects = new Map<string, number>();
  for (const name of existsSync(folder) ? readdirSync(folder).filter((file) => SQLITE.test(file)) : []) {
    const { tables, bytes } = withCopy(folder, name, (database, size) => ({
      tables: listTables(database),
      bytes: size,
    }));
    if (tables.some((table) => table !== OF_MINIFLARE)) objects.set(name, bytes);
  }
  const rows = Object.entries(readRows(state)).filter(([table]) => !COUNTERS.includes(table));
  return { objects, rows: new Map(rows), files: readFiles(state), slates: readSlateCount(state) };
}

export function subtractHeld(now: Held, before: Held): Leftovers {
  const added = [...now.objects].filter(([name]) => !before.objects.has(name));
  const files = [...now.files].filter(([key]) => !before.files.has(key));
  const batches = files.filter(([key]) => key.startsWith(SLATE_BATCHES_PREFIX));
  return {
    objects: added.length,
    bytes: sumBytes(added),
    files: files.map(([key]) => key).filter((key) => !key.startsWith(SLATE_BATCHES_PREFIX)),
    slates: { logged: now.slates.logged - before.slates.logged, fileBytes: sumBytes(batches) },
    rows: [...now.rows].flatMap(([table, count]) => {
      const more = count - (before.rows.get(table) ?? 0);
      return more > 0 ? [`${more} in ${table}`] : [];
    }),
  };
}

const sumBytes = (entries: readonly (readonly [string, number])[]): number =>
  entries.reduce((sum, [, bytes]) => sum + bytes, 0);

function readFiles(state: string): Map<string, number> {
  const rows = readDatabase(state, BUCKETS, (database) =>
    // miniflare creates it with the first file.
    listTables(database).includes(FILES) ? database.prepare(`select key, size from ${FILES}`).all() : [],
  ) as { key: string; size: number }[];
  return new Map(rows.map(({ key, size }) => [key, size]));
}

export const readSlateCount = (state: string): SlateTotal =>
  readDatabase(state, DATABASES, (database) => ({
    ...(database.prepare(SLATES).get() as unknown as SlateTotal),
  }));

const SLATES = `select count(*) as days, total(seen) as seen, total(seen_bytes) as seenBytes, total(logged) as logged,
    total(logged_bytes) as loggedBytes, (select count(*) from shown_answers) as shown
  from slate_counts`;

/** Rows of D1 by table. */
export const readRows = (state: string): Record<string, number> =>
  readDatabase(state, DATABASES, (database) =>
    Object.fromEntries(
      listTables(database).map((table) => [
        table,
        Number((database.prepare(`select count(*) as rows from "${table}"`).get() as { rows: number }).rows),
      ]),
    ),
  );

/** Reads the only database of a kind: the bucket's, or D1's. */
function readDatabase<T>(state: string, kind: string, read: (database: DatabaseSync) => T): T {
  const folder = path.join(state, kind);
  const name = readdirSync(folder).find((file) => SQLITE.test(file));
  if (name === undefined) throw new Error(`there is no database in ${folder}`);
  return withCopy(folder, name, read);
}

/** Reads a copy: opening the file itself could lock it for the server. `bytes`: its size. */
function withCopy<T>(folder: string, name: string, read: (database: DatabaseSync, bytes: number) => T): T {
  const copy = mkdtempSync(path.join(tmpdir(), 'bloodstream-abuse-copy-'));
  try {
    for (const suffix of ['', '-wal'])
      if (existsSync(path.join(folder, name + suffix)))
        copyFileSync(path.join(folder, name + suffix), path.join(copy, `copy.sqlite${suffix}`));
    const file = path.join(copy, 'copy.sqlite');
    const { size } = statSync(file);
    const database = new DatabaseSync(file);
    try {
      return read(database, size);
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const listTables = (database: DatabaseSync): string[] =>
  (database.prepare(TABLES).all() as { name: string }[]).map(({ name }) => name);

const TABLES = `select name from sqlite_schema
  where type = 'table' and name not like 'sqlite_%' and name not like '\\_cf\\_%' escape '\\'`;
