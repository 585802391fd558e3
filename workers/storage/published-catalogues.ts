// D1's record of the catalogues that were published. R2 has the catalogue itself; but D1 can be restored to an earlier
// point without R2. Then it does not know what is published, and its revisions were used before.

import type { CatalogueFiles } from '../../models/contracts/published-state.ts';

/** Publications that are under way elsewhere end sooner. */
const KEPT_MS = 3_600_000;
/** Beyond the revisions that isolates have from changes that were lost before they were published. */
const REVISIONS_SKIPPED = 1_000;

const nameOf = ({ base, changes }: CatalogueFiles): string => changes?.key ?? base.key;

/** False if D1 was restored to a point before the publication. */
export async function isRecorded(db: D1Database, published: CatalogueFiles): Promise<boolean> {
  const name = nameOf(published);
  return (await db.prepare('select 1 from published_catalogues where key = ?1').bind(name).first()) !== null;
}

/** Before the state names the catalogue. `published`: what it names until then. */
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
 * Gives the newest item a revision beyond all that were published, so that isolates take the items of D1 for newer than
 * what they have of the changes that a restore undid.
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
