// D1's record of the published catalogues. R2 has the catalogue itself, but D1 can be restored to an earlier point
// without R2. It then lacks the record of what is published, and would use its revisions a second time.

import type { CatalogueFiles } from '../../models/contracts/published-state.ts';

/** Longer than any publication under way elsewhere takes. */
const KEPT_MS = 3_600_000;
/** More than the changes that isolates may have from D1 and that were lost before they were published. */
const REVISIONS_SKIPPED = 1_000;

const nameOf = ({ base, changes }: CatalogueFiles): string => changes?.key ?? base.key;

/** False if D1 was restored to a point before the publication. */
export async function isRecorded(db: D1Database, published: CatalogueFiles): Promise<boolean> {
  const name = nameOf(published);
  return (await db.prepare('select 1 from published_catalogues where key = ?1').bind(name).first()) !== null;
}

/** Call it before the state names the catalogue. `published`: what the state names until then. */
export async function recordCatalogue(
  db: D1Database,
  catalogue: CatalogueFiles,
  published: CatalogueFiles | null,
): Promise<void> {
  const now = Date.now();
  const name = nameOf(catalogue);
  await db.batch([
    db
      .prepare(
        `insert into published_catalogues (key, published_at) values (?1, ?2)
         on conflict do update set published_at = excluded.published_at`,
      )
      .bind(name, now),
    db
      .prepare('delete from published_catalogues where published_at < ?1 and key is not ?2')
      .bind(now - KEPT_MS, published && nameOf(published)),
  ]);
}

/**
 * Gives the newest item a revision beyond all published ones, so that isolates take D1's items as newer than changes
 * that a restore undid.
 */
export async function skipRevisions(db: D1Database, { revision }: CatalogueFiles): Promise<void> {
  await db
    .prepare(
      `update items set revision = ?1 where item_id = (select item_id from items order by revision desc limit 1)
       and revision < ?1`,
    )
    .bind(revision + REVISIONS_SKIPPED)
    .run();
}
