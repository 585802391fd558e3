// Batch galleries in D1: one per player, the newest. They are stored without their items, which would be four fifths of
// the text and the same for many players; these are read with them, as they are now. Computing galleries:
// workers/offline/compute-galleries.ts.

import type { BatchGallery } from '../../models/contracts/stored-gallery.ts';
import { openUserHash, wasErased } from './erased-users.ts';
import { GalleryColumns, readGalleryColumns, toGalleryColumns } from './gallery-columns.ts';
import { type ItemRow, selectItems, toItem } from './items.ts';
import { portionsOf } from './parameters.ts';

const SHOWN_ITEMS = `select shown.value from batch_galleries,
  json_each(body, '$.rows') as one, json_each(one.value, '$.itemIds') as shown where user_id = ?1`;

/** With whole items, except those that are gone. Undefined if none was computed. Throws if it is of another version. */
export async function readBatchGallery(db: D1Database, userId: string): Promise<BatchGallery | undefined> {
  const [found, shown] = await db.batch<unknown>([
    db.prepare('select body from batch_galleries where user_id = ?1').bind(userId),
    selectItems(db, SHOWN_ITEMS).bind(userId),
  ]);
  const [row] = found!.results as { body: string }[];
  if (row === undefined) return undefined;
  const gallery = readGalleryColumns(GalleryColumns.parse(JSON.parse(row.body)));
  const items = new Map((shown!.results as ItemRow[]).map((item) => [item.itemId, toItem(item)]));
  const rows = gallery.rows.map((row) => ({
    ...row,
    items: row.items.map((one) => ({ ...one, item: items.get(one.itemId) })),
  }));
  return { ...gallery, rows };
}

/**
 * `now`: the time before the players' logs were read, epoch milliseconds. A gallery is dropped if the player is being
 * erased, or if an erasure has been requested or finished since: the log may have been read before it.
 */
export async function writeBatchGalleries(
  db: D1Database,
  galleries: readonly { userId: string; gallery: BatchGallery }[],
  now: number,
): Promise<void> {
  const hash = await openUserHash(db);
  const write = db.prepare(
    // Materialized, since each mention of json_each's value would write out the whole gallery again.
    `insert into batch_galleries (user_id, body, computed_at)
     with made as materialized (
       select value->>0 as user_id, value->1 as body, value->>2 as user_hash from json_each(?1)
     )
     select user_id, body, ?2 from made where not ${wasErased('made.user_hash', '?2')}
       and not exists (select 1 from erasure_users where user_id = made.user_id)
       and not (${wasErased('made.user_hash', '0')} and exists (
         select 1 from erasures where user_hash = made.user_hash and finished_at >= ?2
       ))
     on conflict do update set body = excluded.body, computed_at = excluded.computed_at`,
  );
  for (const { json } of portionsOf(galleries, ({ userId, gallery }) => [
    userId,
    toGalleryColumns(gallery),
    hash(userId),
  ]))
    await write.bind(json, now).run();
}

/** By user id, epoch milliseconds; players without a gallery are left out. */
export async function readComputedAt(db: D1Database, userIds: readonly string[]): Promise<Map<string, number>> {
  const computedAt = new Map<string, number>();
  const read = db.prepare(
    `select user_id as userId, computed_at as computedAt from batch_galleries
     where user_id in (select value from json_each(?1))`,
  );
  for (const { json } of portionsOf(userIds, (userId) => userId))
    for (const row of (await read.bind(json).all<{ userId: string; computedAt: number }>()).results)
      computedAt.set(row.userId, row.computedAt);
  return computedAt;
}

/** Returns the number deleted. `before`: epoch milliseconds. */
export async function deleteOldGalleries(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare('delete from batch_galleries where computed_at < ?1').bind(before).run();
  return meta.changes;
}
