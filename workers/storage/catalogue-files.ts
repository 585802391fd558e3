// The catalogue in R2, as files that never change: the columns of all items as of a revision, the base, and the changes
// since, a line each. The published state names them (publish-state.ts); isolates read them through their location's
// cache.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { CATALOGUE_PREFIX, changesKey, columnsKey, isChangesKey, isColumnsKey } from '../../models/contracts/layout.ts';
import type { CatalogueBase, CatalogueFiles } from '../../models/contracts/published-state.ts';
import { COLUMNS_SCHEMA } from '../../models/features/columns-file.ts';
import { decodeColumns } from '../../models/features/decode-columns.ts';
import { encodeColumns } from '../../models/features/encode-columns.ts';
import { ItemColumns } from '../../models/features/item-columns.ts';
import { Catalogue } from './catalogue.ts';
import { type ItemChange, pastRevision, readItemChanges, readRevision } from './items.ts';
import { DamagedFileError, readVerifiedThroughLocation } from './location-cache.ts';
import { isRecorded, recordCatalogue, skipRevisions } from './published-catalogues.ts';
import { ReleaseOrder } from './release-order.ts';
import { writeLines } from './snapshot-files.ts';
import type { Stores } from './stores.ts';

const PAGE = 2_000;
/** Changes are a file of their own up to this number, or up to a share of the items; then there is a new base. */
const CHANGES_MAX = 2_000;
const CHANGES_SHARE_MAX = 0.1;
const DIGEST_LENGTH = 12;
/** Keys that R2 deletes at once. */
const KEYS_MAX = 1_000;
/** A base whose writer was cut off does not hold up the next for longer. */
const ABANDON_MS = 60_000;
/** When this isolate began to write a base, epoch milliseconds: it has no memory for two. */
let writingSince = Number.NEGATIVE_INFINITY;

/**
 * Writes what has changed. Returns `published` if that is nothing. It may run on several machines at once: each names
 * its own files. `written`: by an earlier attempt, before another publisher replaced the state. Its base stays in use:
 * writing one takes longer than publishing changes, so that each new one could come too late.
 */
export async function writeCatalogue(
  { DB, BUCKET }: Stores,
  published: CatalogueFiles | null,
  written?: CatalogueFiles,
): Promise<CatalogueFiles> {
  const [revision, isKnown] = await Promise.all([readRevision(DB), published !== null && isRecorded(DB, published)]);
  // Otherwise D1 was restored to an earlier point, or its rows were deleted by hand: nothing published is valid.
  const known = isKnown && revision >= published!.revision ? published : null;
  if (known !== published) await skipRevisions(DB, published!);
  // This version refuses a base of another schema.
  const readable = known !== null && isColumnsKey(known.base.key, COLUMNS_SCHEMA) ? known : null;
  const start = readable && written && written.base.revision > readable.base.revision ? written : readable;
  if (start?.revision === revision) return start;
  const files = await writeFiles({ DB, BUCKET }, start);
  await recordCatalogue(DB, files, published);
  return files;
}

/** `start`: with the base to go on from; null if there is none. */
async function writeFiles({ DB, BUCKET }: Stores, start: CatalogueFiles | null): Promise<CatalogueFiles> {
  if (start === null) return writeBase({ DB, BUCKET });
  const { base } = start;
  const changes: ItemChange[] = [];
  await readChangesSince(DB, base.revision, (change) => changes.push(change));
  const isDue = changes.length > Math.max(CHANGES_MAX, base.items * CHANGES_SHARE_MAX);
  if (isDue && Date.now() - writingSince > ABANDON_MS) return writeBase({ DB, BUCKET });
  return { ...(await writeChanges(BUCKET, base.revision, changes)), base };
}

async function writeBase({ DB, BUCKET }: Stores): Promise<CatalogueFiles> {
  writingSince = Date.now();
  try {
    const { bytes, revision, items } = await encodeAll(DB);
    const sha256 = await sha256Hex(bytes);
    const key = columnsKey(`${revision}-${sha256.slice(0, DIGEST_LENGTH)}`, COLUMNS_SCHEMA);
    // A file under this key is the same, unless it is damaged.
    await BUCKET.put(key, bytes, { sha256 });
    return { revision, base: { key, sha256, revision, items }, changes: null };
  } finally {
    writingSince = Number.NEGATIVE_INFINITY;
  }
}

/** A function of its own, so that its columns are gone when the file is stored. */
async function encodeAll(db: D1Database): Promise<{ bytes: Uint8Array; revision: number; items: number }> {
  const columns = new ItemColumns();
  let revision = 0;
  await readChangesSince(db, 0, (change) => {
    revision = change.revision;
    if (change.item === null) columns.remove(change.itemId);
    else columns.put(change.item);
  });
  // In the order in which each isolate would have to sort them.
  return { bytes: encodeColumns(columns, new ReleaseOrder(columns).readAll()), revision, items: columns.size };
}

async function writeChanges(
  bucket: R2Bucket,
  after: number,
  changes: readonly ItemChange[],
): Promise<Pick<CatalogueFiles, 'changes' | 'revision'>> {
  const { revision } = changes.at(-1)!;
  const lines = changes.map((change) => JSON.stringify(change));
  const file = await writeLines(bucket, lines, (digest) => changesKey(`${after}-${revision}-${digest}`));
  return { revision, changes: { key: file.key, sha256: file.sha256 } };
}

/** In their order. Hidden items are null. */
async function readChangesSince(db: D1Database, after: number, visit: (change: ItemChange) => void): Promise<void> {
  let cursor = pastRevision(after);
  for (;;) {
    const page = await readItemChanges(db, cursor, PAGE);
    for (const { item, ...change } of page) visit({ ...change, item: item?.hidden ? null : item });
    if (page.length < PAGE) return;
    cursor = page.at(-1)!;
  }
}

/**
 * Deletes the files that were replaced before a time (epoch milliseconds), except those named. A file was in use until
 * the next one of its kind was written, and changes also until the next base.
 */
export async function deleteReplaced(bucket: R2Bucket, named: CatalogueFiles | null, before: number): Promise<void> {
  const old = (await listFiles(bucket)).filter(({ uploaded }) => uploaded.getTime() < before);
  const newest = findNewest(old);
  const newestBase = findNewest(old.filter(isBase));
  const replaced = old
    .filter((file) => file.uploaded.getTime() < (isBase(file) ? newestBase : newest))
    .map(({ key }) => key)
    .filter((key) => key !== named?.base.key && key !== named?.changes?.key);
  for (let from = 0; from < replaced.length; from += KEYS_MAX)
    await bucket.delete(replaced.slice(from, from + KEYS_MAX));
}

/** The time of the last upload. */
const findNewest = (files: readonly R2Object[]): number =>
  files.reduce((newest, { uploaded }) => Math.max(newest, uploaded.getTime()), 0);

/** True for a base of any schema. */
const isBase = ({ key }: R2Object): boolean => !isChangesKey(key);

async function listFiles(bucket: R2Bucket): Promise<R2Object[]> {
  const files: R2Object[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: CATALOGUE_PREFIX, ...(cursor !== undefined && { cursor }) });
    files.push(...page.objects);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return files;
}

/** The catalogue of a base. Throws a DamagedFileError if the file is missing, damaged or of another kind. */
export async function readBase(bucket: R2Bucket, base: CatalogueBase): Promise<Catalogue> {
  const columns = decodeColumns(await readVerifiedThroughLocation(bucket, base));
  if (!columns.ok) throw new DamagedFileError(`${base.key} is refused: ${columns.error}`);
  return new Catalogue(new ItemColumns(columns.value), base.revision);
}

/** Applies the changes of a file, in their order. Throws a DamagedFileError if it is missing or damaged. */
export async function readChanges(
  bucket: R2Bucket,
  file: NonNullable<CatalogueFiles['changes']>,
  apply: (change: ItemChange) => void,
): Promise<void> {
  const bytes = await readVerifiedThroughLocation(bucket, file);
  const text = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(new TextDecoderStream());
  let rest = '';
  for await (const part of text) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) apply(JSON.parse(line));
  }
}
