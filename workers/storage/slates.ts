// The log of slates in D1: each once, by the answer's id, kept for some weeks. What they are for is models/training/ranking.

import type { Slate } from '../../models/contracts/slate.ts';

/** Writes slates, each once, in one transaction. Returns how many were new. */
export async function insertSlates(db: D1Database, slates: readonly Slate[]): Promise<number> {
  if (slates.length === 0) return 0;
  const insert = db.prepare(
    'insert into slates (recommendation_id, shown_at, body) values (?1, ?2, ?3) on conflict do nothing',
  );
  const written = await db.batch(
    slates.map((slate) => insert.bind(slate.recommendationId, slate.shownAt, JSON.stringify(slate))),
  );
  return written.reduce((sum, { meta }) => sum + (meta.changes > 0 ? 1 : 0), 0);
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
