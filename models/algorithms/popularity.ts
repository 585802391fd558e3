// Popularity: the same items for every player, those with the most players first; recent interactions count more if
// that ranks better. The baseline that every model must beat.

import type { Algorithm, RetrievalModel } from './algorithm.ts';
import { searchCoordinates } from './coordinate-search.ts';
import { collectUserItems, computeMedianAgeDays, weighByAge } from './user-items.ts';

/** Validates at least one model, even without time left: training takes almost none. */
export const trainPopularity: Algorithm = async ({ interactions, vocabulary }, context) => {
  const { itemIds } = vocabulary;
  const userItems = collectUserItems(interactions, vocabulary);
  const train = ({ halfLifeDays }: { halfLifeDays: number }) => {
    const counts = new Float64Array(itemIds.length);
    weighByAge(userItems, halfLifeDays).forEach((weight, row) => {
      counts[userItems.itemIndices[row]!]! += weight;
    });
    return createPopularityModel(itemIds, counts, { halfLifeDays });
  };
  if (context.timeLeft() <= 0 || context.signal.aborted) {
    await context.validate(train({ halfLifeDays: 0 }));
    return;
  }
  const median = computeMedianAgeDays(userItems);
  const halfLives = [0, median, median / 4, median / 16];
  await searchCoordinates({ halfLifeDays: 0 }, { halfLifeDays: halfLives }, train, context);
};

/** Scores every history the same: `counts`, [items], relative to the largest. */
export function createPopularityModel(
  itemIds: readonly string[],
  counts: Float64Array,
  parameters: RetrievalModel['parameters'],
): RetrievalModel {
  const largest = counts.reduce((most, count) => Math.max(most, count), Number.MIN_VALUE);
  return {
    algorithm: 'popularity',
    parameters,
    itemIds,
    addTo(graph, { weights }) {
      const batch = graph.node('batch', 'Shape', [weights], { end: 1 });
      const shape = graph.node('shape', 'Concat', [batch, graph.ints('one', 1)], { axis: 0 });
      const scores = Float32Array.from(counts, (count) => count / largest);
      return graph.node('scores', 'Expand', [graph.constant('popularity', scores), shape]);
    },
  };
}
