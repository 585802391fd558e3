// D1's record of the rows that were exported. The snapshot in R2 has one too, and decides; but D1 can be restored to an
// earlier point without R2. Then its cursor is behind the snapshot, and the numbers of new rows were used before.

type ExportedTable = 'events' | 'merges';

/** The row up to which a table was exported, or was about to be. */
export const readExportCursor = async (db: D1Database, table: ExportedTable): Promise<number> =>
  (await db.prepare('select row from export_cursors where table_name = ?1').bind(table).first<number>('row')) ?? 0;

/** Moves the cursor, but never back. */
export async function moveExportCursor(db: D1Database, table: ExportedTable, row: number): Promise<void> {
  await db
    .prepare(
      `insert into export_cursors (table_name, row) values (?1, ?2)
       on conflict do update set row = max(row, excluded.row)`,
    )
    .bind(table, row)
    .run();
}

/** Makes the numbers of new rows begin after `row`, unless they already do. */
export async function skipRowNumbers(db: D1Database, table: ExportedTable, row: number): Promise<void> {
  await db.batch([
    db.prepare('update sqlite_sequence set seq = max(seq, ?2) where name = ?1').bind(table, row),
    // No `on conflict`: the table has no unique index.
    db
      .prepare(
        `insert into sqlite_sequence (name, seq)
         select ?1, ?2 where not exists (select 1 from sqlite_sequence where name = ?1)`,
      )
      .bind(table, row),
  ]);
}
