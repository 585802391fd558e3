// Streams the lines of a snapshot, one part at a time, each verified by its sha256. Only for the trainer: a snapshot
// exceeds a Worker's memory.

import { sha256Hex } from '../../models/contracts/digest.ts';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Slate } from '../../models/contracts/slate.ts';
import type { ExportLine, SnapshotManifest, SnapshotPart } from '../../models/contracts/snapshot.ts';

/** The snapshot's events in log order, one part in memory at a time. Throws if a part is missing or altered. */
export async function* readSnapshotEvents(bucket: R2Bucket, snapshot: SnapshotManifest): AsyncGenerator<PlayerEvent> {
  for await (const line of readLines<ExportLine>(bucket, snapshot, 'events')) if (line.kind === 'event') yield line;
}

/** The snapshot's slates, newest first. Throws as `readSnapshotEvents` does. */
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
    // The digest proves that our exporter wrote it, so the lines are not validated again.
    for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as Line;
  }
}
