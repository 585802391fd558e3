// The progress of each import, so that an interrupted one resumes. Files are read by scripts/import.

interface ImportState {
  /** Start of the first run, epoch milliseconds. */
  startedAt: number;
  /** Lines of the file that are written. */
  linesDone: number;
  /** Null until the whole file is written. */
  finishedAt: number | null;
}

/** Returns the state of an import, starting it at `now` (epoch milliseconds) if it is new. */
export async function beginImport(db: D1Database, id: string, now: number): Promise<ImportState> {
  const state = await db
    .prepare(
      `insert into imports (id, started_at, lines_done) values (?1, ?2, 0)
       on conflict do update set id = id
       returning started_at as startedAt, lines_done as linesDone, finished_at as finishedAt`,
    )
    .bind(id, now)
    .first<ImportState>();
  return state!;
}

/** Records that all lines up to `linesDone` are written; `finishedAt` is null until the last. */
export async function recordImportProgress(
  db: D1Database,
  id: string,
  linesDone: number,
  finishedAt: number | null,
): Promise<void> {
  await db
    .prepare('update imports set lines_done = max(lines_done, ?2), finished_at = ?3 where id = ?1')
    .bind(id, linesDone, finishedAt)
    .run();
}

/** The ids without a row in the catalogue; deleted items still have one. */
export async function findUnknownItemIds(db: D1Database, itemIds: readonly string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare('select value as itemId from json_each(?1) where value not in (select item_id from items)')
    .bind(JSON.stringify(itemIds))
    .all<{ itemId: string }>();
  return new Set(results.map((row) => row.itemId));
}
