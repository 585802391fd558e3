// Full text over the catalogue in D1 (SQLite's FTS5). It forgives no typing errors: workers/recommending/search.ts does.

/** What a word of the query weighs where it is found: title, genres and tags, developer. */
const WEIGHTS = '10.0, 3.0, 4.0';

/** Ids of items on show that hold every word of the query, or one that begins so, the best first. */
export async function searchItems(db: D1Database, query: string, limit: number): Promise<string[]> {
  // Each word is quoted: what a player types is never taken for the syntax of a query.
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
