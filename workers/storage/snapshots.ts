// The snapshot's manifest in R2. It moves by conditional put: exports and compaction change it at the same time, and
// neither loses what the other did. The files that it names are written elsewhere.

import { SNAPSHOT_POINTER_KEY, TRAINING_DUE_KEY } from '../../models/contracts/layout.ts';
import { type DataFile, SNAPSHOT_SCHEMA, SnapshotManifest, type TrainingDue } from '../../models/contracts/snapshot.ts';

const ATTEMPTS_MAX = 10;
const EMPTY: SnapshotManifest = {
  schema: SNAPSHOT_SCHEMA,
  version: '',
  createdAt: new Date(0).toISOString(),
  lastSequences: [],
  events: [],
  slates: [],
  takenBatches: [],
  items: null,
  merges: [],
  retired: [],
};

/** The newest snapshot; undefined if there is none. */
export const readSnapshotManifest = async (bucket: R2Bucket): Promise<SnapshotManifest | undefined> =>
  (await readPointer(bucket)).manifest;

/** The newest snapshot, or an empty one. */
export const readSnapshotOrEmpty = async (bucket: R2Bucket): Promise<SnapshotManifest> =>
  (await readSnapshotManifest(bucket)) ?? EMPTY;

async function readPointer(
  bucket: R2Bucket,
): Promise<{ manifest: SnapshotManifest | undefined; onlyIf: R2Conditional }> {
  const object = await bucket.get(SNAPSHOT_POINTER_KEY);
  if (object === null) return { manifest: undefined, onlyIf: { etagDoesNotMatch: '*' } };
  const onlyIf = { etagMatches: object.etag };
  const manifest = upgradeManifest(await object.json());
  return { manifest: manifest && SnapshotManifest.parse(manifest), onlyIf };
}

/**
 * Undefined for the first schema, which copied the whole log each time: D1 still holds it, and the export starts anew.
 */
function upgradeManifest(manifest: { schema: number }): object | undefined {
  if (manifest.schema === 1) return undefined;
  if (manifest.schema !== 2) return manifest;
  // The second schema had a log in one database.
  const { lastSequence, events, ...rest } = manifest as { schema: 2; lastSequence: number; events: object[] };
  return {
    ...rest,
    schema: SNAPSHOT_SCHEMA,
    lastSequences: [lastSequence],
    events: events.map((file) => ({ ...file, shard: 0 })),
  };
}

/** The sequence up to which the snapshot has the events of a shard. */
export const lastSequenceOf = ({ lastSequences }: SnapshotManifest, shard: number): number => lastSequences[shard] ?? 0;

/** The sequences with the one of a shard replaced. */
export const withLastSequence = (
  { lastSequences }: SnapshotManifest,
  shard: number,
  sequence: number,
): SnapshotManifest['lastSequences'] =>
  Array.from({ length: Math.max(lastSequences.length, shard + 1) }, (_, index) =>
    index === shard ? sequence : (lastSequences[index] ?? 0),
  );

/** The version of a snapshot made at a time (epoch milliseconds): the later one is greater. */
export const toSnapshotVersion = (at: number): string => new Date(at).toISOString().replaceAll(/[-:.]/g, '');

/**
 * Changes the snapshot to what `edit` returns for the newest manifest, and returns the new one. `edit` may be called
 * several times; if it returns undefined, nothing changes. `now`: epoch milliseconds.
 */
export async function editSnapshot(
  bucket: R2Bucket,
  now: number,
  edit: (manifest: SnapshotManifest) => Partial<SnapshotManifest> | undefined,
): Promise<SnapshotManifest | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { manifest = EMPTY, onlyIf } = await readPointer(bucket);
    const change = edit(manifest);
    if (change === undefined) return undefined;
    // Versions increase even if two edits have the same time.
    const at = Math.max(now, Date.parse(manifest.createdAt) + 1);
    const edited = { ...manifest, ...change, version: toSnapshotVersion(at), createdAt: new Date(at).toISOString() };
    if ((await bucket.put(SNAPSHOT_POINTER_KEY, JSON.stringify(edited), { onlyIf })) !== null) return edited;
  }
  throw new Error(`the snapshot was changed by others ${ATTEMPTS_MAX} times in a row; nothing of it is lost`);
}

/**
 * Gives the same files a new version, so that a training that read them earlier has an older one. Returns the version;
 * without a snapshot, the one that it would have now.
 */
export async function renewSnapshotVersion(bucket: R2Bucket, now: number): Promise<string> {
  const edited = await editSnapshot(bucket, now, ({ version }) => (version === EMPTY.version ? undefined : {}));
  return edited?.version ?? toSnapshotVersion(now);
}

/** Files that a manifest named and that its successor replaces. `now`: epoch milliseconds. */
export const retireFiles = (
  named: readonly (DataFile | null)[],
  successors: readonly DataFile[],
  now: number,
): SnapshotManifest['retired'] =>
  named
    .filter((file) => file !== null)
    // Rewritten without a change, it is the same file.
    .filter(({ key }) => successors.every((successor) => successor.key !== key))
    .map(({ key }) => ({ key, at: now }));

/** Tells a waiting trainer that a snapshot is worth training on. */
export async function announceTraining(bucket: R2Bucket, due: TrainingDue): Promise<void> {
  await bucket.put(TRAINING_DUE_KEY, JSON.stringify(due));
}
