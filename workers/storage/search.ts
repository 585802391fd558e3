// Full-text search over the catalogue in D1 (SQLite's FTS5). Typing errors are handled by
// workers/recommending/search.ts.

/** BM25 weights of the columns: title, genres and tags, developer. */
const WEIGHTS = '10.0, 3.0, 4.0';

/** Ids of visible items that contain every word of the query, or a word it is a prefix of, best first. */
export async function searchItems(db: D1Database, query: string, limit: number): Promise<string[]> {
  // Quoted, so that no input is read as query syntax.
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return [];
  const { results } = await db
    .prepare(
      `select items.item_id as itemId from items_search join items on items.rowid = items_search.rowid
       where items_search match ?1 and items.deleted_at is null and not items.hidden
       order by bm25(items_search, ${WEIGHTS}), items.item_id limit ?2`,
    )
    .bind(words.map((word) => `"${word}"*`).join(' '), limit)
    .all<{ itemId: string }>();
  return results.map(({ itemId }) => itemId);
}
