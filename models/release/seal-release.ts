// Seals a release: encodes its files and writes the manifest that names each by its digest. It uploads nothing.

import { sha256Hex } from '../contracts/digest.ts';
import { type ReleaseFileName, releaseKey } from '../contracts/layout.ts';
import { encodeNeighbourFile, type NeighbourTables } from '../contracts/neighbours.ts';
import {
  encodeVocabulary,
  RELEASE_SCHEMA,
  type ReleaseFiles,
  type ReleaseManifest,
  SIGNATURE,
} from '../contracts/release.ts';
import type { RankingContents } from '../ranking/train-ranker.ts';

export interface ReleaseContents {
  /** ONNX, of the retrieval signature. */
  model: Uint8Array;
  itemIds: readonly string[];
  neighbours: NeighbourTables;
  ranking?: RankingContents | undefined;
}

/** The manifest without the facts that follow from the files. */
export type ReleaseFacts = Omit<
  ReleaseManifest,
  'schema' | 'signature' | 'items' | 'model' | 'vocabulary' | 'neighbours' | 'ranking'
>;

export async function sealRelease(facts: ReleaseFacts, contents: ReleaseContents): Promise<ReleaseFiles> {
  const { model, itemIds, ranking } = contents;
  const vocabulary = encodeVocabulary(itemIds);
  const neighbours = encodeNeighbourFile(contents.neighbours);
  const describe = async (file: ReleaseFileName, bytes: Uint8Array) => ({
    key: releaseKey(facts.version, file),
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  });
  const manifest: ReleaseManifest = {
    ...facts,
    schema: RELEASE_SCHEMA,
    signature: SIGNATURE,
    items: itemIds.length,
    model: await describe('model.onnx', model),
    vocabulary: await describe('vocabulary.json', vocabulary),
    neighbours: { ...(await describe('neighbours.bin', neighbours)), perItem: contents.neighbours.perItem },
    ranking: ranking === undefined ? null : { ...ranking, model: await describe('ranking.onnx', ranking.model) },
  };
  return { manifest, model, vocabulary, neighbours, ranking: ranking?.model };
}
