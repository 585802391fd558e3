// The log of slates in D1: each once, by the answer's id, the newest. What they are for is models/training/ranking.

import type { Slate } from '../../models/contracts/slate.ts';

/** Some 30 KB each, with pages of full rows of 20 up to 70: 150 to 350 MB. Four rounds of the closed loop make as many. */
export const SLATES_MAX = 5_000;
/** So that no statement is a long one. */
const DELETED_MAX = 500;

/**
 * Writes slates, each once, in one transaction, and forgets those that were written longest ago where there are too many:
 * the log of events is in the same database, and must have its room. Returns how many were new. `max`: how many are kept.
 */
export async function insertSlates(db: D1Database, slates: readonly Slate[], max = SLATES_MAX): Promise<number> {
  if (slates.length === 0) return 0;
  const insert = db.prepare(
    'insert into slates (recommendation_id, shown_at, body) values (?1, ?2, ?3) on conflict do nothing',
  );
  // Rowids rise as long as the newest row stays.
  const forget = db
    .prepare(
      `delete from slates where rowid in (
         select rowid from slates where rowid <= (select max(rowid) from slates) - ?1 order by rowid limit ?2
       )`,
    )
    .bind(max, DELETED_MAX);
  const written = await db.batch([
    ...slates.map((slate) => insert.bind(slate.recommendationId, slate.shownAt, JSON.stringify(slate))),
    forget,
  ]);
  return written.slice(0, -1).reduce((sum, { meta }) => sum + (meta.changes > 0 ? 1 : 0), 0);
}

/** Where a page of slates ends. */
export type SlateCursor = Pick<Slate, 'shownAt' | 'recommendationId'>;

/** One page of those shown before `before`, the newest first, as JSON. */
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

/** Returns how many were deleted. */
export async function deleteOldSlates(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare('delete from slates where shown_at < ?1').bind(before).run();
  return meta.changes;
}
