// How far each import has come, so that one that was interrupted goes on where it stopped. Reading files is scripts/import.

export interface ImportState {
  /** Epoch milliseconds of the first run. */
  startedAt: number;
  /** Lines of the file whose rows are written. */
  linesDone: number;
  /** Null until the whole file is written. */
  finishedAt: number | null;
}

/** The state of an import, begun at `now` (epoch milliseconds) unless it was before. */
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

/** Notes that everything up to a line is written; `finishedAt` is null while there is more. */
export async function noteImportProgress(
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

/** Those of the ids that the catalogue has never heard of; a deleted item counts as heard of. */
export async function findUnknownItemIds(db: D1Database, itemIds: readonly string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare('select value as itemId from json_each(?1) where value not in (select item_id from items)')
    .bind(JSON.stringify(itemIds))
    .all<{ itemId: string }>();
  return new Set(results.map((row) => row.itemId));
}
