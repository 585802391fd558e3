// The progress of each import, so that an interrupted one resumes. Files are read by scripts/import.

interface ImportState {
  /** Start of the first run, epoch milliseconds. */
  startedAt: number;
  /** Rows that are written, in the import's own order. */
  rowsDone: number;
  /** Null until all is written. */
  finishedAt: number | null;
}

const STATE = 'started_at as startedAt, rows_done as rowsDone, finished_at as finishedAt';

/** Undefined if the import has not begun. */
export async function findImport(db: D1Database, id: string): Promise<ImportState | undefined> {
  const state = await db.prepare(`select ${STATE} from imports where id = ?1`).bind(id).first<ImportState>();
  return state ?? undefined;
}

/** Returns the state of an import, starting it at `now` (epoch milliseconds) if it is new. */
export async function beginImport(db: D1Database, id: string, now: number): Promise<ImportState> {
  const state = await db
    .prepare(
      `insert into imports (id, started_at, rows_done) values (?1, ?2, 0)
       on conflict do update set id = id returning ${STATE}`,
    )
    .bind(id, now)
    .first<ImportState>();
  return state!;
}

/** Records that the first `rowsDone` rows are written. */
export async function recordImportProgress(db: D1Database, id: string, rowsDone: number): Promise<void> {
  await db.prepare('update imports set rows_done = max(rows_done, ?2) where id = ?1').bind(id, rowsDone).run();
}

/** Deletes the records of imports whose ids begin with `prefix`, except one: their rows are about to be overwritten. */
export async function forgetImports(db: D1Database, prefix: string, exceptId: string): Promise<void> {
  await db
    .prepare('delete from imports where substr(id, 1, ?2) = ?1 and id <> ?3')
    .bind(prefix, prefix.length, exceptId)
    .run();
}

/** `finishedAt`: epoch milliseconds. */
export async function finishImport(db: D1Database, id: string, finishedAt: number): Promise<void> {
  await db.prepare('update imports set finished_at = ?2 where id = ?1').bind(id, finishedAt).run();
}

/** The ids without a row in the catalogue; deleted items still have one. */
export async function findUnknownItemIds(db: D1Database, itemIds: readonly string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare('select value as itemId from json_each(?1) where value not in (select item_id from items)')
    .bind(JSON.stringify(itemIds))
    .all<{ itemId: string }>();
  return new Set(results.map((row) => row.itemId));
}
