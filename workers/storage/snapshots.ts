// Snapshots in R2: the log and the catalogue at one time, in gzipped parts, then the pointer. A cron job writes them
// and scripts/train.ts reads them.

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
/**
 * A page is a part: 7 to 17 MB, below D1's 32 MB per result; fewer, larger pages because queries per invocation are
 * limited.
 */
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
  // Sorts by time; the random part keeps two exports of one millisecond apart.
  const version = `${createdAt.replaceAll(/[-:.]/g, '')}-${crypto.randomUUID().slice(0, 8)}`;
  const writer = new PartWriter(bucket, version);
  const lastSequence = await exportEvents(db, writer);
  await exportItems(db, writer);
  await exportSlates(db, writer);
  const { parts } = writer;
  const countRows = (kind: SnapshotPart['kind']) =>
    parts.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.rows, 0);
  const manifest: SnapshotManifest = {
    schema: SNAPSHOT_SCHEMA,
    version,
    createdAt,
    events: countRows('events'),
    items: countRows('items'),
    slates: countRows('slates'),
    lastSequence,
    parts,
  };
  await bucket.put(SNAPSHOT_POINTER_KEY, JSON.stringify(manifest));
  await deleteOldSnapshots(bucket);
  return manifest;
}

/** Returns the sequence of the last event, 0 for an empty log. */
async function exportEvents(db: D1Database, writer: PartWriter): Promise<number> {
  let lastSequence = 0;
  for (;;) {
    const page = await readEventPage(db, lastSequence, EVENT_PAGE);
    for (const { sequence, ...event } of page) {
      writer.add(toLine({ kind: 'event', ...event }));
      lastSequence = sequence;
    }
    const isLast = page.length < EVENT_PAGE;
    if (isLast || writer.isFull) await writer.flush('events');
    if (isLast) return lastSequence;
  }
}

async function exportItems(db: D1Database, writer: PartWriter): Promise<void> {
  let lastItemId = '';
  for (;;) {
    const page = await listItems(db, { hidden: true }, lastItemId, ITEM_PAGE);
    for (const item of page) writer.add(toLine({ kind: 'item', ...item }));
    const isLast = page.length < ITEM_PAGE;
    if (isLast || writer.isFull) await writer.flush('items');
    if (isLast) return;
    lastItemId = page.at(-1)!.itemId;
  }
}

async function exportSlates(db: D1Database, writer: PartWriter): Promise<void> {
  let cursor: SlateCursor = { shownAt: Number.MAX_SAFE_INTEGER, recommendationId: '' };
  for (let slates = 0; slates < SLATES_MAX; ) {
    const page = await readSlatePage(db, cursor, SLATE_PAGE);
    for (const { body, ...position } of page) {
      writer.add(body);
      cursor = position;
    }
    slates += page.length;
    await writer.flush('slates');
    if (page.length < SLATE_PAGE) return;
  }
}

const toLine = (line: ExportLine): string => JSON.stringify(line);

/** Collects lines and writes them as gzipped parts. */
class PartWriter {
  readonly parts: SnapshotPart[] = [];
  readonly #bucket: R2Bucket;
  readonly #version: string;
  #lines: string[] = [];

  constructor(bucket: R2Bucket, version: string) {
    this.#bucket = bucket;
    this.#version = version;
  }

  get isFull(): boolean {
    return this.#lines.length >= LINES_PER_PART;
  }

  add(line: string): void {
    this.#lines.push(`${line}\n`);
  }

  async flush(kind: SnapshotPart['kind']): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    const key = snapshotKey(this.#version, `${kind}-${String(this.parts.length).padStart(5, '0')}.jsonl.gz`);
    const packed = await new Response(
      new Blob(lines).stream().pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer();
    const sha256 = await sha256Hex(packed);
    await this.#bucket.put(key, packed, { sha256 });
    this.parts.push({ key, kind, rows: lines.length, bytes: packed.byteLength, sha256 });
    this.#lines = [];
  }
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
