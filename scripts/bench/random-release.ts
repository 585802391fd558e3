// A release of the size that EASE gives, with random neighbours: serving costs the same, and nothing need be trained.

import { encodeNeighbours } from '../../models/algorithms/neighbours.ts';
import { releaseKey } from '../../models/contracts/layout.ts';
import { RELEASE_SCHEMA, type ReleaseManifest, SIGNATURE } from '../../models/contracts/release.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { createPlainScorer } from '../../workers/inference/plain.ts';
import { sha256Hex } from '../../workers/storage/digest.ts';
import { publishRelease } from '../../workers/storage/releases.ts';

const NEIGHBOURS_PER_ITEM = 200;
const HALF_LIFE_DAYS = 14;

/** Publishes a model over items g0 … g(items − 1). */
export async function publishRandomRelease(bucket: R2Bucket, items: number): Promise<void> {
  const cells = items * NEIGHBOURS_PER_ITEM;
  const { file, plain } = encodeNeighbours(
    {
      items,
      perItem: NEIGHBOURS_PER_ITEM,
      neighbours: Int32Array.from({ length: cells }, () => Math.floor(Math.random() * items)),
      weights: Float32Array.from({ length: cells }, () => Math.random() - 0.2),
    },
    HALF_LIFE_DAYS,
    {},
  );
  const itemIds = Array.from({ length: items }, (_, place) => `g${place}`);
  const vocabulary = Uint8Array.from(Buffer.from(JSON.stringify(itemIds)));
  const version = `bench-${items}`;
  const at = new Date().toISOString();
  const metrics = { users: 0, 'hitRate@10': 0, 'ndcg@10': 0 };
  const describe = async (name: 'model.onnx' | 'vocabulary.json', bytes: Uint8Array) => ({
    key: releaseKey(version, name),
    bytes: bytes.length,
    sha256: await sha256Hex(bytes),
  });
  const manifest: ReleaseManifest = {
    schema: RELEASE_SCHEMA,
    version,
    algorithm: 'random',
    parameters: {},
    createdAt: at,
    signature: SIGNATURE,
    items,
    model: await describe('model.onnx', file),
    vocabulary: await describe('vocabulary.json', vocabulary),
    plain,
    data: { snapshot: 'none', from: at, until: at, users: 0, interactions: 0, lastSequence: 0 },
    metrics: { protocol: 'none', candidate: metrics, popularity: metrics, current: null },
    selfTest: { items: [], weights: [], ages: [], expected: [] },
    trainSeconds: 0,
  };
  const asked = encodeHistories([[{ itemId: 'g0', weight: 1, ageDays: 0 }]], new Map([['g0', 0]]));
  const scores = await createPlainScorer(file, manifest).score(asked);
  manifest.selfTest = {
    items: [...asked.items],
    weights: [...asked.weights],
    ages: [...asked.ages],
    expected: Array.from({ length: 10 }, (_, place) => ({ place, score: scores[place]! })),
  };
  const published = await publishRelease(bucket, { manifest, model: file, vocabulary }, undefined, Date.now());
  if (!published.ok) throw new Error(published.error);
}
