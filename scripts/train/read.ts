// Reads everything that a training needs into memory, so that the stores can be closed afterwards.

import type { Item } from '../../models/contracts/item.ts';
import { countRows, type SnapshotManifest } from '../../models/contracts/snapshot.ts';
import type { Interactions } from '../../models/data/interactions.ts';
import type { CountedAlgorithm, CountsByAlgorithm } from '../../models/data/pair-counts.ts';
import type { ShownRow } from '../../models/ranking/impressions.ts';
import type { EarlierRelease } from '../../models/release/train-release.ts';
import { readErasedSnapshot, readLastErasedAt } from '../../workers/storage/erasures.ts';
import { listItems } from '../../workers/storage/items.ts';
import { readSnapshotManifest } from '../../workers/storage/snapshots.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { fileCache } from '../log/fetch-files.ts';
import { READING_MEMORY_LIMIT, readInteractions, readShownRows } from '../log/read-log.ts';
import { createViews, fetchLog } from '../log/views.ts';
import type { OpenStores } from '../stores/choose.ts';
import type { Progress } from '../terminal/progress.ts';
import type { CountsFiles, Flags } from './command.ts';
import { readPairCounts } from './read-counts.ts';
import { readRecentReleases } from './recent-releases.ts';
import { type ReleaseInUse, readReleaseInUse } from './release-in-use.ts';

const ITEMS_PER_PAGE = 1_000;

export interface Material extends ReleaseInUse {
  recent: EarlierRelease[];
  snapshot: SnapshotManifest;
  interactions: Interactions;
  rows: ShownRow[];
  catalogue: Map<string, Item>;
  counts: CountsByAlgorithm;
}

/**
 * Throws if there is no snapshot, if it or a file of counts is damaged, or, without `--force`, if the release in use is
 * damaged. `name`: of the stores. `releaseKeys`: RELEASE_KEYS of wrangler.toml.
 */
export async function readMaterial(
  { BUCKET: bucket, DB, state }: Pick<OpenStores, 'BUCKET' | 'DB' | 'state'>,
  { name, force, counts }: Pick<Flags, 'force' | 'counts'> & { name: string },
  releaseKeys: string | undefined,
  progress: Progress,
): Promise<Material> {
  const snapshot = await readSnapshotManifest(bucket);
  if (snapshot === undefined)
    throw new Error(
      `there is nothing to train on in ${name} yet: \`npm run import\` reads files, \`npm start\` makes a store. ` +
        'A running Worker exports every hour; to export now: ' +
        '`curl "localhost:8787/cdn-cgi/handler/scheduled?cron=5+*+*+*+*"`',
    );
  const env = { BUCKET: bucket, RELEASE_KEYS: releaseKeys };
  const { etag, current: inUse } = await readReleaseInUse(env, force === true);
  const recent = await readRecentReleases(env, inUse?.version);
  const current = inUse && withoutSeen(inUse, await readErasedSnapshot(DB));
  const counted = await readCounts(counts, await readLastErasedAt(DB), progress);
  const log = await readLog(bucket, state, snapshot, progress);
  return { snapshot, ...log, catalogue: await readCatalogue(DB), current, recent, etag, counts: counted };
}

/**
 * A release whose ranking model has seen a player who was erased since is compared with, but that model is not kept.
 * `snapshot`: of the last erasure, if any.
 */
export const withoutSeen = (
  current: NonNullable<Material['current']>,
  snapshot: string | undefined,
): NonNullable<Material['current']> =>
  snapshot === undefined || (current.ranking?.snapshot ?? '') >= snapshot
    ? current
    : { ...current, ranking: undefined };

function readCounts(
  files: CountsFiles = {},
  erasedAt: number | undefined,
  progress: Progress,
): Promise<CountsByAlgorithm> {
  return withDuckDb(async (connection) => {
    const counts: CountsByAlgorithm = {};
    for (const [algorithm, file] of Object.entries(files) as [CountedAlgorithm, string][]) {
      progress.update(`reading the counts of ${algorithm}`);
      counts[algorithm] = await readPairCounts(connection, { algorithm, file, erasedAt });
    }
    return counts;
  });
}

/** `state`: where local copies of R2's files are kept. */
async function readLog(
  bucket: R2Bucket,
  state: string,
  snapshot: SnapshotManifest,
  progress: Progress,
): Promise<Pick<Material, 'interactions' | 'rows'>> {
  const files = await fetchLog(bucket, snapshot, fileCache(state), (step) => progress.update(step));
  return withDuckDb(async (connection) => {
    await createViews(connection, files);
    const events = countRows(snapshot.events).toLocaleString('en');
    const interactions = await readInteractions(connection, (read) =>
      progress.update(`reading ${read.toLocaleString('en')} of ${events} events`),
    );
    return { interactions, rows: await readShownRows(connection) };
  }, READING_MEMORY_LIMIT);
}

export async function readCatalogue(db: D1Database): Promise<Map<string, Item>> {
  const catalogue = new Map<string, Item>();
  let page: Item[];
  let last = '';
  do {
    page = await listItems(db, {}, last, ITEMS_PER_PAGE);
    for (const item of page) catalogue.set(item.itemId, item);
    last = page.at(-1)?.itemId ?? '';
  } while (page.length === ITEMS_PER_PAGE);
  return catalogue;
}
