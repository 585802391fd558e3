// Publishes what serving needs of the operators' changes: it reads the originals in D1 and R2, and replaces the
// published state if it differs. It may run at any time, any number of times, on several machines at once.

import type { CatalogueFiles, PublishedState, StateParts } from '../../models/contracts/published-state.ts';
import { logWarning } from '../logging/log.ts';
import { deleteReplaced, writeCatalogue } from './catalogue-files.ts';
import { readRunningExperiments } from './experiments.ts';
import { readIssuers } from './issuers.ts';
import { readKeys } from './keys.ts';
import { changeState } from './published-state.ts';
import { readStoredPointer } from './release-pointer.ts';
import { readRules } from './rules.ts';
import { findStatistics } from './statistics.ts';
import type { Stores } from './stores.ts';
import { readListeners } from './subscriptions.ts';

/**
 * Files of the catalogue that others replaced are deleted after that, by the first publication of each such time:
 * isolates follow within seconds, but changes of the same few games would leave a file each for ever.
 */
const REPLACED_MS = 3_600_000;

/** The parts whose originals are in D1. */
export type OperatorParts = Pick<PublishedState, 'rules' | 'subscriptions' | 'keys' | 'issuers' | 'experiments'>;

export async function readOperatorParts(db: D1Database): Promise<OperatorParts> {
  const [rules, subscriptions, keys, issuers, experiments] = await Promise.all([
    readRules(db),
    readListeners(db),
    readKeys(db),
    readIssuers(db),
    readRunningExperiments(db),
  ]);
  return { rules, subscriptions, keys, issuers, experiments };
}

/** All parts but the catalogue, whose files only a publication writes. `published`: the state as published. */
export async function readOriginals(
  { DB, BUCKET }: Stores,
  published: PublishedState | undefined,
): Promise<Omit<StateParts, 'catalogue'>> {
  const [operators, statistics, release] = await Promise.all([
    readOperatorParts(DB),
    findStatistics(BUCKET),
    readRelease(published, BUCKET),
  ]);
  return { ...operators, statistics, release };
}

/**
 * Returns the state as published now. `now`: epoch milliseconds. `isAfterChange`: replaces the state even if nothing
 * seems to have changed; another publisher may be about to publish what it read before (changeState). Throws if D1 or
 * R2 fails; if only the catalogue cannot be written, the rest is published before.
 */
export async function publishState(stores: Stores, now: number, isAfterChange = false): Promise<PublishedState> {
  let written: CatalogueFiles | undefined;
  let failure: unknown;
  const readParts = async (published: PublishedState | undefined): Promise<StateParts> => {
    failure = undefined;
    const [originals, catalogue] = await Promise.all([
      readOriginals(stores, published),
      writeCatalogue(stores, published?.catalogue ?? null, written).catch((error) => {
        if (published === undefined) throw error;
        failure = error;
        return published.catalogue;
      }),
      published && deleteOldFiles(stores.BUCKET, published, now),
    ]);
    written = catalogue ?? undefined;
    return { ...originals, catalogue };
  };
  const state = await changeState(stores.BUCKET, now, readParts, isAfterChange);
  if (failure !== undefined) throw failure;
  return state!;
}

/** `published`: the state before; some isolates follow it still. */
async function deleteOldFiles(bucket: R2Bucket, published: PublishedState, now: number): Promise<void> {
  if (Math.floor(published.version / REPLACED_MS) >= Math.floor(now / REPLACED_MS)) return;
  await deleteReplaced(bucket, published.catalogue, now - REPLACED_MS).catch((error) =>
    logWarning('old files of the catalogue stay', { error: (error as Error).message }),
  );
}

/**
 * For those who move the pointer without access to D1. Before the first publication it does nothing: that will read the
 * pointer, too.
 */
export async function publishPointer(bucket: R2Bucket, now: number): Promise<void> {
  await changeState(
    bucket,
    now,
    async (published) => published && { ...published, release: await readRelease(published, bucket) },
  );
}

/** A damaged pointer changes nothing. */
async function readRelease(
  published: PublishedState | undefined,
  bucket: R2Bucket,
): Promise<PublishedState['release']> {
  const { etag, pointer } = await readStoredPointer(bucket);
  return pointer ?? (etag === undefined ? null : (published?.release ?? null));
}
