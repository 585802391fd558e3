// Galleries that were computed for many players at once, in D1: one a player, the newest.

import { BatchGallery } from '../../models/contracts/stored-gallery.ts';

/** Keeps one bound parameter well under D1's 2 MB. */
const ROWS_PER_STATEMENT = 20;

/** Undefined where none was computed. Throws where what is stored is of another version. */
export async function readBatchGallery(db: D1Database, userId: string): Promise<BatchGallery | undefined> {
  const body = await db
    .prepare('select body from batch_galleries where user_id = ?1')
    .bind(userId)
    .first<string>('body');
  return body === null ? undefined : BatchGallery.parse(JSON.parse(body));
}

/** `now`: epoch milliseconds. */
export async function writeBatchGalleries(
  db: D1Database,
  galleries: readonly { userId: string; gallery: BatchGallery }[],
  now: number,
): Promise<void> {
  const statements: D1PreparedStatement[] = [];
  for (let from = 0; from < galleries.length; from += ROWS_PER_STATEMENT) {
    const rows = galleries.slice(from, from + ROWS_PER_STATEMENT);
    statements.push(
      db
        .prepare(
          `insert into batch_galleries (user_id, body, computed_at)
           select value->>0, value->>1, ?2 from json_each(?1) where true
           on conflict do update set body = excluded.body, computed_at = excluded.computed_at`,
        )
        .bind(JSON.stringify(rows.map(({ userId, gallery }) => [userId, JSON.stringify(gallery)])), now),
    );
  }
  if (statements.length > 0) await db.batch(statements);
}

/** Returns how many were deleted. */
export async function deleteOldGalleries(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare('delete from batch_galleries where computed_at < ?1').bind(before).run();
  return meta.changes;
}
