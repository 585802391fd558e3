// The share of the catalogue that players were shown, and played. Items count that are visible now.

const VISIBLE = 'deleted_at is null and not hidden';

/** Number of visible items. */
export const countItems = async (db: D1Database): Promise<number> =>
  (await db.prepare(`select count(*) as n from items where ${VISIBLE}`).first<number>('n')) ?? 0;

/** Shares of `items`, since a day (days since the epoch, UTC); none without items. */
export async function readCoverage(
  db: D1Database,
  itemsFrom: number,
  items: number,
): Promise<{ act: string; share: number }[]> {
  if (items === 0) return [];
  const { results } = await db
    .prepare(
      `select act, count(distinct item_id) as acted from acted_items join items using (item_id)
       where day >= ?1 and ${VISIBLE} group by act`,
    )
    .bind(itemsFrom)
    .all<{ act: string; acted: number }>();
  return results.map(({ act, acted }) => ({ act, share: acted / items }));
}
