// Reads the lines of a snapshot, part by part, each part checked against its sha256. It is the trainer's: no Worker holds
// so much.

import { sha256Hex } from '../../models/contracts/digest.ts';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Slate } from '../../models/contracts/slate.ts';
import type { ExportLine, SnapshotManifest, SnapshotPart } from '../../models/contracts/snapshot.ts';

/** The snapshot's events in the order of the log. One part is held at a time. Throws where a part is missing or changed. */
export async function* readSnapshotEvents(bucket: R2Bucket, snapshot: SnapshotManifest): AsyncGenerator<PlayerEvent> {
  for await (const line of readLines<ExportLine>(bucket, snapshot, 'events')) if (line.kind === 'event') yield line;
}

/** The snapshot's slates, the newest first, in the same manner. */
export const readSnapshotSlates = (bucket: R2Bucket, snapshot: SnapshotManifest): AsyncGenerator<Slate> =>
  readLines<Slate>(bucket, snapshot, 'slates');

async function* readLines<Line>(
  bucket: R2Bucket,
  { parts }: SnapshotManifest,
  kind: SnapshotPart['kind'],
): AsyncGenerator<Line> {
  for (const part of parts) {
    if (part.kind !== kind) continue;
    const object = await bucket.get(part.key);
    if (object === null) throw new Error(`the snapshot is incomplete: ${part.key} is missing`);
    const packed = await object.arrayBuffer();
    if ((await sha256Hex(packed)) !== part.sha256)
      throw new Error(`the snapshot is damaged: ${part.key} does not have the sha256 of its manifest`);
    const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
    // Its digest says that our own exporter wrote it, so the lines are not validated once more.
    for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as Line;
  }
}
