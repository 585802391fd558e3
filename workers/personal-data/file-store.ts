// Players' rows in the snapshot's Parquet files. A file never changes: it is rewritten without the rows, the manifest
// names the new one, and the old one is deleted even if it is being read.

import type { DataFile, SnapshotManifest } from '../../models/contracts/snapshot.ts';
import { ROWS_PER_GROUP } from '../storage/parquet.ts';
import { type RowFilter, readRowGroups, type StoredRow, toStoredColumns } from '../storage/row-groups.ts';
import { writeRows } from '../storage/snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty } from '../storage/snapshots.ts';
import { eraseUnexported } from './export-lease.ts';
import type { FileKind } from './file-kinds.ts';
import type { PersonalDataStore } from './store.ts';

/** Keys of one call. */
const KEYS_MAX = 1_000;

export function openFileStore(db: D1Database, bucket: R2Bucket, kind: FileKind): PersonalDataStore {
  // Keys of files without rows to erase, by list of users. They stay valid, because a file never changes.
  const searched = new WeakMap<readonly string[], Set<string>>();
  return {
    name: kind.name,
    async *readRows(userIds, until) {
      const filter = toFilter(kind, userIds);
      for (const file of await listFiles(bucket, kind, userIds))
        for await (const rows of readRowGroups(bucket, file, { filter }))
          for (const row of rows) if (isOwn(kind, row, userIds, until)) yield toJson(row);
    },
    async countRows(userIds, until) {
      let count = 0;
      for (const file of await listFiles(bucket, kind, userIds))
        for await (const rows of readOwnColumns(bucket, kind, file, userIds))
          for (const row of rows) if (isOwn(kind, row, userIds, until)) count++;
      return count;
    },
    eraseRows: (userIds, until) =>
      eraseUnexported(db, async () => {
        const clean = searched.get(userIds) ?? new Set();
        searched.set(userIds, clean);
        for (const file of await listFiles(bucket, kind, userIds)) {
          if (clean.has(file.key)) continue;
          // One file per call: another run may continue with the next.
          if (await holdsRows(bucket, kind, file, userIds, until)) {
            await rewriteFile(bucket, kind, file, userIds, until);
            return false;
          }
          clean.add(file.key);
        }
        await deleteRetiredFiles(bucket);
        return true;
      }),
  };
}

const toFilter = ({ users }: FileKind, userIds: readonly string[]): RowFilter => ({ columns: users, values: userIds });

/** Reads the columns with users and times, of the groups that may hold rows of the users. */
const readOwnColumns = (bucket: R2Bucket, kind: FileKind, file: DataFile, userIds: readonly string[]) =>
  readRowGroups(bucket, file, { columns: [...kind.users, ...kind.times], filter: toFilter(kind, userIds) });

async function listFiles(bucket: R2Bucket, kind: FileKind, userIds: readonly string[]): Promise<DataFile[]> {
  const files: readonly DataFile[] = (await readSnapshotOrEmpty(bucket))[kind.list];
  return files.filter((file) => userIds.some((userId) => kind.mayHold(file, userId)));
}

const isOwn = ({ users, times }: FileKind, row: StoredRow, userIds: readonly string[], until: number): boolean =>
  users.some((column) => userIds.includes(row[column] as string)) &&
  Math.min(...times.map((column) => row[column] as number)) <= until;

/** Bytes in base64: the other values are JSON. */
const toJson = (row: StoredRow): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ]),
  );

async function holdsRows(
  bucket: R2Bucket,
  kind: FileKind,
  file: DataFile,
  userIds: readonly string[],
  until: number,
): Promise<boolean> {
  for await (const rows of readOwnColumns(bucket, kind, file, userIds))
    if (rows.some((row) => isOwn(kind, row, userIds, until))) return true;
  return false;
}

async function rewriteFile(
  bucket: R2Bucket,
  kind: FileKind,
  file: DataFile,
  userIds: readonly string[],
  until: number,
): Promise<void> {
  const columns = toStoredColumns(kind.columns);
  const successors: DataFile[] = [];
  let kept: StoredRow[] = [];
  const write = async () => {
    const rows = kept;
    kept = [];
    const written = await writeRows(bucket, columns, rows, (digest) => kind.toKey(file, rows, digest));
    successors.push(kind.describe(file, rows, written));
  };
  for await (const rows of readRowGroups(bucket, file)) {
    for (const row of rows) {
      if (isOwn(kind, row, userIds, until)) continue;
      // Verifying decodes the rows again, so a file has one group: an isolate has no memory for more.
      if (kept.push(row) === ROWS_PER_GROUP) await write();
    }
  }
  if (kept.length > 0 || (successors.length === 0 && kind.keepsEmpty)) await write();
  await editSnapshot(bucket, Date.now(), (manifest) => replaceFile(manifest, kind.list, file, successors));
}

/** Undefined if the manifest does not name the file any more: a compaction has replaced it. */
function replaceFile(
  manifest: SnapshotManifest,
  list: FileKind['list'],
  { key }: DataFile,
  successors: readonly DataFile[],
): Partial<SnapshotManifest> | undefined {
  const files: readonly DataFile[] = manifest[list];
  if (files.every((file) => file.key !== key)) return undefined;
  return {
    [list]: files.flatMap((file) => (file.key === key ? successors : file)),
    retired: [...manifest.retired, { key, at: Date.now() }],
  };
}

/** Also those that a compaction replaced: they may hold the rows too. */
async function deleteRetiredFiles(bucket: R2Bucket): Promise<void> {
  const { retired } = await readSnapshotOrEmpty(bucket);
  const keys = retired.map(({ key }) => key);
  if (keys.length === 0) return;
  for (let from = 0; from < keys.length; from += KEYS_MAX) await bucket.delete(keys.slice(from, from + KEYS_MAX));
  await editSnapshot(bucket, Date.now(), (manifest) => ({
    retired: manifest.retired.filter(({ key }) => !keys.includes(key)),
  }));
}
