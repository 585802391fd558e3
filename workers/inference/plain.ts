// Scores in plain TypeScript if ORT cannot start: sums the weights that the release's neighbour tables give to the
// neighbours of a history's items, and adds some popularity. It stands in for the model and does not reproduce its
// scores; `npm run evaluate -- --plain-scorer` measures the difference.

import type { NeighbourTables } from '../../models/contracts/neighbours.ts';
import { HISTORY_LENGTH, type ReleaseManifest } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';
import type { Scorer } from './scorer.ts';

/** Votes of a history if the model has no decays of its own (models/algorithms/votes.ts). Chosen on validation data. */
const DEFAULT_DECAY = { positionDecay: 0.8, halfLifeDays: 0 };
/** The most popular item's share of the largest score: it orders items without votes. A larger share ranks worse. */
const POPULARITY_SHARE = 0.01;

export function createPlainScorer(
  { items, perItem, neighbours, weights }: NeighbourTables,
  parameters: ReleaseManifest['parameters'],
): Scorer {
  const { positionDecay, halfLifeDays } = readDecay(parameters);
  const computeVote = (weight: number, position: number, ageDays: number) =>
    weight * positionDecay ** position * (halfLifeDays === 0 ? 1 : 0.5 ** (ageDays / halfLifeDays));
  return {
    engine: 'plain',
    memory: null,
    memoryBytes: () => 0,
    async score(histories: EncodedHistories) {
      const scores = new Float32Array(histories.batch * items);
      for (let cell = 0; cell < histories.items.length; cell++) {
        if (histories.weights[cell] === 0) continue;
        const vote = computeVote(histories.weights[cell]!, cell % HISTORY_LENGTH, histories.ages[cell]!);
        const row = Math.floor(cell / HISTORY_LENGTH) * items;
        const from = histories.items[cell]! * perItem;
        for (let n = from; n < from + perItem; n++) scores[row + neighbours[n]!]! += vote * weights[n]!;
      }
      for (let row = 0; row < histories.batch; row++) addPopularity(scores.subarray(row * items, (row + 1) * items));
      return scores;
    },
    async release() {},
  };
}

/** The model's own, where it is made of votes. */
function readDecay({ positionDecay, halfLifeDays }: ReleaseManifest['parameters']): typeof DEFAULT_DECAY {
  return typeof positionDecay === 'number' && typeof halfLifeDays === 'number'
    ? { positionDecay, halfLifeDays }
    : DEFAULT_DECAY;
}

/** The vocabulary begins with the items that most players interacted with, so an index says how popular an item is. */
function addPopularity(scores: Float32Array): void {
  let largest = 0;
  for (const score of scores) if (score > largest) largest = score;
  const most = POPULARITY_SHARE * (largest || 1);
  for (let itemIndex = 0; itemIndex < scores.length; itemIndex++) scores[itemIndex]! += most / Math.sqrt(itemIndex + 1);
}
