// What a player's object holds, row by row, and its erasure. Both follow schema.ts, so a new table is included.

import { getTableName } from 'drizzle-orm';
import * as schema from './schema.ts';
import type { Tables } from './tables.ts';

/** A row as it is stored; `row` grows with each row of its table. */
export type HeldRow = { row: number } & Record<string, SqlStorageValue>;

/** The mark of an erasure holds nothing of the player. */
const MARK = getTableName(schema.erasure);
export const HELD_TABLES: readonly string[] = Object.values(schema)
  .map((table) => getTableName(table))
  .filter((name) => name !== MARK);

const OUTBOX = getTableName(schema.unlogged);
/** SQL of the time of an event in a row of the outbox. */
const EVENT_TIME = "min(value->>'timestamp', value->>'receivedAt')";

/**
 * SQL of a row's time in each table, or of its oldest part, epoch milliseconds. Rows of other tables are from before
 * any erasure.
 */
const TIMES: Readonly<Record<string, string>> = {
  [getTableName(schema.recentEvents)]: 'timestamp',
  [OUTBOX]: `(select min(${EVENT_TIME}) from json_each(body))`,
  [getTableName(schema.marks)]: 'timestamp',
  [getTableName(schema.hydration)]: 'hydrated_at',
  [getTableName(schema.documents)]: 'written_at',
};

/**
 * One page of a table, after `row`, of the rows that an erasure at `until` (epoch milliseconds) has to erase: all rows
 * at first, and after the erasure those from `until` or before. Throws for an unknown table.
 */
export function readHeldRows(tables: Tables, table: string, row: number, limit: number, until: number): HeldRow[] {
  if (!HELD_TABLES.includes(table)) throw new Error(`the object has no table “${table}”`);
  const rows = readErasedAt(tables) < until ? 'true' : `${TIMES[table] ?? 0} <= ${until}`;
  return tables.query<HeldRow>(
    `select rowid as row, * from ${table} where rowid > ? and ${rows} order by rowid limit ?`,
    row,
    limit,
  );
}

/** Epoch milliseconds; minus infinity if the player was never erased. */
export const readErasedAt = (tables: Tables): number =>
  tables.query<{ erased_at: number }>('select erased_at from erasure')[0]?.erased_at ?? Number.NEGATIVE_INFINITY;

/**
 * Empties all tables but the outbox, which keeps events from after `until` (epoch milliseconds), and marks the object
 * as erased. There is no await, so all of it commits as one.
 */
export function eraseHeldRows(tables: Tables, until: number): void {
  for (const table of HELD_TABLES) if (table !== OUTBOX) tables.query(`delete from ${table}`);
  tables.query(
    `update ${OUTBOX} set body =
       (select json_group_array(json(value)) from json_each(body) where ${EVENT_TIME} > ?1)
     where ${TIMES[OUTBOX]} <= ?1`,
    until,
  );
  tables.query(`delete from ${OUTBOX} where body = '[]'`);
  tables.insert('insert or replace into erasure (id, erased_at) values (1, ?)', until);
}
