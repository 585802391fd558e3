// The log of slates in D1: the newest ones, each once by its recommendation id. models/ranking trains on them.

import type { Slate } from '../../models/contracts/slate.ts';

/** About 30 KB each, up to 70 KB for pages of full rows: 150 to 350 MB. Four rounds of the closed loop log as many. */
export const SLATES_MAX = 5_000;
/** Rows deleted per statement, to keep it short. */
const DELETED_MAX = 500;

/**
 * Inserts slates in one transaction and deletes the oldest beyond `max`: the event log shares the database and needs
 * the space. Returns the number of new slates.
 */
export async function insertSlates(db: D1Database, slates: readonly Slate[], max = SLATES_MAX): Promise<number> {
  if (slates.length === 0) return 0;
  const insert = db.prepare(
    'insert into slates (recommendation_id, shown_at, body) values (?1, ?2, ?3) on conflict do nothing',
  );
  // Rowids increase as long as the newest row is kept.
  const deleteOldest = db
    .prepare(
      `delete from slates where rowid in (
         select rowid from slates where rowid <= (select max(rowid) from slates) - ?1 order by rowid limit ?2
       )`,
    )
    .bind(max, DELETED_MAX);
  const written = await db.batch([
    ...slates.map((slate) => insert.bind(slate.recommendationId, slate.shownAt, JSON.stringify(slate))),
    deleteOldest,
  ]);
  return written.slice(0, -1).reduce((sum, { meta }) => sum + (meta.changes > 0 ? 1 : 0), 0);
}

/** The end of a page of slates. */
export type SlateCursor = Pick<Slate, 'shownAt' | 'recommendationId'>;

/** One page of slates shown before `before`, newest first, as JSON. */
export async function readSlatePage(
  db: D1Database,
  before: SlateCursor,
  limit: number,
): Promise<(SlateCursor & { body: string })[]> {
  const { results } = await db
    .prepare(
      `select recommendation_id as recommendationId, shown_at as shownAt, body from slates
       where (shown_at, recommendation_id) < (?1, ?2) order by shown_at desc, recommendation_id desc limit ?3`,
    )
    .bind(before.shownAt, before.recommendationId, limit)
    .all<SlateCursor & { body: string }>();
  return results;
}

/** Returns the number of deleted rows. */
export async function deleteOldSlates(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare('delete from slates where shown_at < ?1').bind(before).run();
  return meta.changes;
}
