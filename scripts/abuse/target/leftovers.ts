// Measures what the local store holds: the files of the players' objects, and the rows of D1. It changes nothing.

import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const OBJECTS = 'v3/do/bloodstream-UserSignals';
const DATABASES = 'v3/d1/miniflare-D1DatabaseObject';
const SQLITE = /^[0-9a-f]{64}\.sqlite$/;

/** miniflare's own table in each object, which Cloudflare's objects do not have. */
const OF_MINIFLARE = '__miniflare_do_name';
/** Counters, which are written now and then, whoever asks. */
const COUNTERS = ['answer_counts', 'event_counts'];

export interface Held {
  /** Players' objects with a table of the Worker. */
  objects: number;
  /** Bytes of their files. */
  bytes: number;
  /** Rows of D1, without those of counters. */
  rows: number;
}

export function measureHeld(state: string): Held {
  const folder = path.join(state, OBJECTS);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => SQLITE.test(name)) : [];
  const sizes = names.flatMap((name) => {
    const { tables, bytes } = withCopy(folder, name, (database, bytes) => ({ tables: listTables(database), bytes }));
    return tables.some((table) => table !== OF_MINIFLARE) ? [bytes] : [];
  });
  const rows = Object.entries(readRows(state)).filter(([table]) => !COUNTERS.includes(table));
  return { objects: sizes.length, bytes: sum(sizes), rows: sum(rows.map(([, count]) => count)) };
}

/** Rows of D1 by table. */
export function readRows(state: string): Record<string, number> {
  const folder = path.join(state, DATABASES);
  const name = readdirSync(folder).find((file) => SQLITE.test(file));
  if (name === undefined) throw new Error(`there is no database in ${folder}`);
  return withCopy(folder, name, (database) =>
    Object.fromEntries(
      listTables(database).map((table) => [
        table,
        Number((database.prepare(`select count(*) as rows from "${table}"`).get() as { rows: number }).rows),
      ]),
    ),
  );
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
