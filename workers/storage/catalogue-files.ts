// The catalogue in R2, as files that never change: all items as of a revision, and the changes since. The published
// state names them (publish-state.ts); isolates read them through their location's cache. Each line is a change.

import { CATALOGUE_PREFIX, catalogueKey } from '../../models/contracts/layout.ts';
import type { CatalogueFiles } from '../../models/contracts/published-state.ts';
import { type ItemChange, readItemChanges, readRevision } from './items.ts';
import { readThroughLocation } from './location-cache.ts';
import { writeLines } from './snapshot-files.ts';
import type { Stores } from './stores.ts';

const PAGE = 2_000;
/** Changes are a file of their own up to this number, or up to a share of the items; then all items are written. */
const CHANGES_MAX = 2_000;
const CHANGES_SHARE_MAX = 0.2;

/**
 * Writes what has changed. Returns `published` if that is nothing. It may run on several machines at once: each names
 * its own files.
 */
export async function writeCatalogue(
  { DB, BUCKET }: Stores,
  published: CatalogueFiles | null,
): Promise<CatalogueFiles> {
  const revision = await readRevision(DB);
  if (published?.revision === revision) return published;
  // Lower than published: D1 was restored to an earlier point, and nothing that is published counts.
  if (published === null || revision < published.revision) return writeAll({ DB, BUCKET }, null);
  const { base } = published;
  const after = published.changes?.after ?? base.revision;
  const limit = Math.max(CHANGES_MAX, base.items * CHANGES_SHARE_MAX);
  const changes = await readLines(DB, after);
  const since = changes.filter((change) => change.revision > base.revision);
  if (since.length <= limit) return { ...(await writeChanges(BUCKET, after, changes)), base };
  // Isolates that have the old base need only these.
  return writeAll({ DB, BUCKET }, await writeChanges(BUCKET, base.revision, since));
}

async function writeAll(
  { DB, BUCKET }: Stores,
  changes: Pick<CatalogueFiles, 'changes' | 'revision'> | null,
): Promise<CatalogueFiles> {
  const all = await readLines(DB, 0);
  const revision = all.at(-1)?.revision ?? 0;
  const key = await writeFile(BUCKET, `${revision}`, all);
  return {
    // What changed since those changes were read is published next.
    revision: changes?.revision ?? revision,
    base: { key, revision, items: all.length },
    changes: changes?.changes ?? null,
  };
}

async function writeChanges(
  bucket: R2Bucket,
  after: number,
  changes: readonly Line[],
): Promise<Pick<CatalogueFiles, 'changes' | 'revision'>> {
  const { revision } = changes.at(-1)!;
  return { revision, changes: { key: await writeFile(bucket, `${after}-${revision}`, changes), after } };
}

const writeFile = async (bucket: R2Bucket, name: string, lines: readonly Line[]): Promise<string> => {
  const texts = lines.map(({ text }) => text);
  return (await writeLines(bucket, texts, (digest) => catalogueKey(`${name}-${digest}`))).key;
};

/** A change as the files have it. An isolate has no memory for all items beside those that it serves. */
interface Line {
  revision: number;
  text: string;
}

async function readLines(db: D1Database, after: number): Promise<Line[]> {
  const lines: Line[] = [];
  // Past every id of that revision.
  let cursor = { revision: after, itemId: '\u{10ffff}' };
  for (;;) {
    const page = await readItemChanges(db, cursor, PAGE);
    for (const { item, ...change } of page)
      lines.push({
        revision: change.revision,
        text: JSON.stringify({ ...change, item: item?.hidden ? null : item }),
      });
    if (page.length < PAGE) return lines;
    cursor = page.at(-1)!;
  }
}

/** Deletes the files that were written before a time (epoch milliseconds), except those named. */
export async function deleteUnnamed(bucket: R2Bucket, named: CatalogueFiles | null, before: number): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: CATALOGUE_PREFIX, ...(cursor !== undefined && { cursor }) });
    const old = page.objects
      .filter(
        ({ key, uploaded }) => uploaded.getTime() < before && key !== named?.base.key && key !== named?.changes?.key,
      )
      .map(({ key }) => key);
    if (old.length > 0) await bucket.delete(old);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/**
 * Applies the changes after a revision, `from`, in their order. Returns the revision that the catalogue has then.
 * Throws if a file cannot be read.
 */
export async function readCatalogueFiles(
  bucket: R2Bucket,
  { revision, base, changes }: CatalogueFiles,
  from: number,
  apply: (change: ItemChange) => void,
): Promise<number> {
  let has = from;
  if (has < (changes?.after ?? base.revision)) {
    await readFile(bucket, base.key, has, apply);
    has = base.revision;
  }
  if (changes !== null && has < revision) await readFile(bucket, changes.key, has, apply);
  return Math.max(has, revision);
}

async function readFile(
  bucket: R2Bucket,
  key: string,
  after: number,
  apply: (change: ItemChange) => void,
): Promise<void> {
  const bytes = await readThroughLocation(bucket, key);
  const text = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(new TextDecoderStream());
  let rest = '';
  for await (const part of text) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const change: ItemChange = JSON.parse(line);
      if (change.revision > after) apply(change);
    }
  }
}
