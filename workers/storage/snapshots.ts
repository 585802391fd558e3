// Snapshots in R2: the log and the catalogue at one time, in gzipped parts, then the pointer. A cron job writes them and
// scripts/train.ts reads them.

import { sha256Hex } from '../../models/contracts/digest.ts';
import { SNAPSHOT_POINTER_KEY, snapshotKey, TRAINING_DUE_KEY } from '../../models/contracts/layout.ts';
import {
  type ExportLine,
  SNAPSHOT_SCHEMA,
  SnapshotManifest,
  type SnapshotPart,
  type TrainingDue,
} from '../../models/contracts/snapshot.ts';
import { readEventPage } from './events.ts';
import { listItems } from './items.ts';
import { readSlatePage, SLATES_MAX, type SlateCursor } from './slates.ts';

const EVENT_PAGE = 10_000;
const ITEM_PAGE = 2_000;
/** About 12 MB of text before compression, well below an isolate's memory. */
const LINES_PER_PART = 50_000;
/** A page is a part: 7 to 17 MB, below D1's 32 MB per result; fewer, larger pages because queries per invocation are limited. */
const SLATE_PAGE = 250;
const SNAPSHOTS_KEPT = 3;

/** The newest snapshot; undefined if there is none. */
export async function readSnapshotManifest(bucket: R2Bucket): Promise<SnapshotManifest | undefined> {
  const object = await bucket.get(SNAPSHOT_POINTER_KEY);
  return object === null ? undefined : SnapshotManifest.parse(await object.json());
}

/** Exports the whole log and catalogue, then moves the pointer. `now`: epoch milliseconds. */
export async function exportSnapshot(db: D1Database, bucket: R2Bucket, now: number): Promise<SnapshotManifest> {
  const createdAt = new Date(now).toISOString();
  const version = createdAt.replaceAll(/[-:.]/g, '');
  const parts: SnapshotPart[] = [];
  let lines: string[] = [];
  const add = (line: ExportLine) => lines.push(JSON.stringify(line));
  const flush = async (kind: SnapshotPart['kind']) => {
    if (lines.length === 0) return;
    parts.push(await writePart(bucket, snapshotKey(version, partName(kind, parts.length)), kind, lines));
    lines = [];
  };

  let lastSequence = 0;
  for (;;) {
    const page = await readEventPage(db, lastSequence, EVENT_PAGE);
    for (const { sequence, ...event } of page) {
      add({ kind: 'event', ...event });
      lastSequence = sequence;
    }
    if (lines.length >= LINES_PER_PART || page.length < EVENT_PAGE) await flush('events');
    if (page.length < EVENT_PAGE) break;
  }
  let lastItemId = '';
  for (;;) {
    const page = await listItems(db, { hidden: true }, lastItemId, ITEM_PAGE);
    for (const item of page) {
      add({ kind: 'item', ...item });
      lastItemId = item.itemId;
    }
    if (lines.length >= LINES_PER_PART || page.length < ITEM_PAGE) await flush('items');
    if (page.length < ITEM_PAGE) break;
  }

  let cursor: SlateCursor = { shownAt: Number.MAX_SAFE_INTEGER, recommendationId: '' };
  for (let slates = 0; slates < SLATES_MAX; ) {
    const page = await readSlatePage(db, cursor, SLATE_PAGE);
    for (const { body, ...at } of page) {
      lines.push(body);
      cursor = at;
    }
    slates += page.length;
    const isLast = page.length < SLATE_PAGE || slates >= SLATES_MAX;
    await flush('slates');
    if (isLast) break;
  }

  const rows = (kind: SnapshotPart['kind']) =>
    parts.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.rows, 0);
  const manifest: SnapshotManifest = {
    schema: SNAPSHOT_SCHEMA,
    version,
    createdAt,
    events: rows('events'),
    items: rows('items'),
    slates: rows('slates'),
    lastSequence,
    parts,
  };
  await bucket.put(SNAPSHOT_POINTER_KEY, JSON.stringify(manifest));
  await deleteOldSnapshots(bucket);
  return manifest;
}

const partName = (kind: SnapshotPart['kind'], index: number) => `${kind}-${String(index).padStart(5, '0')}.jsonl.gz`;

async function writePart(
  bucket: R2Bucket,
  key: string,
  kind: SnapshotPart['kind'],
  lines: readonly string[],
): Promise<SnapshotPart> {
  const text = lines.map((line) => `${line}\n`);
  const packed = await new Response(new Blob(text).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  const sha256 = await sha256Hex(packed);
  await bucket.put(key, packed, { sha256 });
  return { key, kind, rows: lines.length, bytes: packed.byteLength, sha256 };
}

/** Keeps the newest few: a trainer may still be reading the previous one. */
async function deleteOldSnapshots(bucket: R2Bucket): Promise<void> {
  const versions = new Map<string, string[]>();
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: 'snapshots/', ...(cursor === undefined ? {} : { cursor }) });
    for (const { key } of page.objects) {
      const version = key.split('/')[1]!;
      if (key !== SNAPSHOT_POINTER_KEY) versions.set(version, [...(versions.get(version) ?? []), key]);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  for (const version of [...versions.keys()].sort().slice(0, -SNAPSHOTS_KEPT))
    await bucket.delete(versions.get(version)!);
}

/** Tells a waiting trainer that a snapshot is worth training on. */
export async function announceTraining(bucket: R2Bucket, due: TrainingDue): Promise<void> {
  await bucket.put(TRAINING_DUE_KEY, JSON.stringify(due));
}
