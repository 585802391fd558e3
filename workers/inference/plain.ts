// Scores in plain TypeScript if ORT cannot start: sums the weights that the release's neighbour tables give to the
// neighbours of a history's items. It stands in for the model and does not reproduce its scores.

import type { NeighbourTables } from '../../models/contracts/neighbours.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import type { EncodedHistories } from '../../models/features/history.ts';
import type { Scorer } from './scorer.ts';

/** The half-life of a history item's weight, the same as for popularity. */
const HALF_LIFE_DAYS = 14;

export function createPlainScorer({ items, perItem, neighbours, weights }: NeighbourTables): Scorer {
  return {
    engine: 'plain',
    memoryBytes: () => 0,
    async score(histories: EncodedHistories) {
      const scores = new Float32Array(histories.batch * items);
      for (let cell = 0; cell < histories.items.length; cell++) {
        const weight = histories.weights[cell]! * 0.5 ** (histories.ages[cell]! / HALF_LIFE_DAYS);
        if (weight === 0) continue;
        const row = Math.floor(cell / HISTORY_LENGTH) * items;
        const from = histories.items[cell]! * perItem;
        for (let n = from; n < from + perItem; n++) scores[row + neighbours[n]!]! += weight * weights[n]!;
      }
      return scores;
    },
    async release() {},
  };
}
