// Measures the contents of the local store: the files of the players' objects, and the rows of D1. It changes nothing.

import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const OBJECTS = 'v3/do/bloodstream-UserSignals';
const DATABASES = 'v3/d1/miniflare-D1DatabaseObject';
const SQLITE = /^[0-9a-f]{64}\.sqlite$/;

/** miniflare's own table in each object, which Cloudflare's objects do not have. */
const OF_MINIFLARE = '__miniflare_do_name';
/** Tables of counters, which are written now and then, whatever is requested. */
const COUNTERS = ['answer_counts', 'event_counts', 'slate_counts'];

export interface Held {
  /** Bytes of each player's object with a table of the Worker. */
  objects: Map<string, number>;
  /** Rows of D1 by table, without the counters'. */
  rows: Map<string, number>;
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
  return { objects, rows: new Map(rows) };
}

/** The contents that were not there before. */
export function subtractHeld(now: Held, before: Held): { objects: number; bytes: number; rows: string[] } {
  const added = [...now.objects].filter(([name]) => !before.objects.has(name));
  return {
    objects: added.length,
    bytes: added.reduce((sum, [, bytes]) => sum + bytes, 0),
    rows: [...now.rows].flatMap(([table, count]) => {
      const more = count - (before.rows.get(table) ?? 0);
      return more > 0 ? [`${more} in ${table}`] : [];
    }),
  };
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
