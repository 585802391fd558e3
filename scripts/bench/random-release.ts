// Publishes a release with random neighbours and a random ranking model, which costs as much to serve as a trained
// item-to-item model.

import { encodeRetrievalModel } from '../../models/algorithms/algorithm.ts';
import { countNeighbours } from '../../models/algorithms/nearest.ts';
import { countNeighboursThatFit, createNeighbourModel, TABLE_ROWS_MAX } from '../../models/algorithms/neighbours.ts';
import { NEIGHBOURS_PER_ITEM_MAX } from '../../models/contracts/neighbours.ts';
import { createRandom } from '../../models/data/random.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { openScorer } from '../../models/onnx/session.ts';
import { sealRelease } from '../../models/release/seal-release.ts';
import { readStoredPointer } from '../../workers/storage/release-pointer.ts';
import { publishRelease } from '../../workers/storage/releases.ts';
import { blankFacts } from './blank-facts.ts';
import { drawNeighbours } from './random-models.ts';
import { drawRanker } from './random-ranker.ts';

const DECAY = { positionDecay: 1, halfLifeDays: 14 };

/** Puts it into use. The model knows items g0 … g(items − 1). */
export async function publishRandomRelease(bucket: R2Bucket, items: number, version = `bench-${items}`): Promise<void> {
  const itemIds = Array.from({ length: items }, (_, itemIndex) => `g${itemIndex}`);
  const random = createRandom(1, version);
  const rows = Math.min(items, TABLE_ROWS_MAX);
  const tables = drawNeighbours(items, countNeighboursThatFit(rows), random, rows);
  const description = { algorithm: 'random', parameters: {}, itemIds };
  const { bytes: model } = encodeRetrievalModel(createNeighbourModel(description, tables, DECAY));
  const history = [{ itemId: 'g0', weight: 1, ageDays: 0 }];
  const scorer = await openScorer(model, itemIds);
  const scores = await scorer.score(encodeHistories([history], new Map([['g0', 0]])));
  await scorer.release();
  const release = await sealRelease(
    {
      ...blankFacts(version, 'random', new Date().toISOString()),
      selfTest: {
        history,
        expected: itemIds.slice(0, 10).map((itemId, itemIndex) => ({ itemId, score: scores[itemIndex]! })),
      },
    },
    {
      model,
      itemIds,
      neighbours: drawNeighbours(items, countNeighbours(items, NEIGHBOURS_PER_ITEM_MAX), random),
      ranking: await drawRanker(),
    },
  );
  const { etag } = await readStoredPointer(bucket);
  const published = await publishRelease(bucket, release, etag, Date.now());
  if (!published.ok) throw new Error(published.error);
}
