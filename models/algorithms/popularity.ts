// Popularity: every player gets the items that most players chose, of late where that ranks better. The bar that any
// model must clear.

import type { Algorithm, RetrievalModel } from './algorithm.ts';
import { searchCoordinates } from './coordinate-search.ts';
import { collectUserItems, computeMedianAgeDays, weighByAge } from './user-items.ts';

/** Proposes at least one model, whatever time is left: it takes none. */
export const trainPopularity: Algorithm = async function* ({ interactions, vocabulary }, context) {
  const { itemIds } = vocabulary;
  const choices = collectUserItems(interactions, vocabulary);
  const train = ({ halfLifeDays }: { halfLifeDays: number }) => {
    const counts = new Float64Array(itemIds.length);
    weighByAge(choices, halfLifeDays).forEach((weight, row) => {
      counts[choices.itemIndices[row]!]! += weight;
    });
    return createPopularityModel(itemIds, counts, { halfLifeDays });
  };
  if (context.timeLeft() <= 0 || context.signal.aborted) {
    yield train({ halfLifeDays: 0 });
    return;
  }
  const median = computeMedianAgeDays(choices);
  yield* searchCoordinates({ halfLifeDays: 0 }, { halfLifeDays: [0, median, median / 4, median / 16] }, train, context);
};

/** The same scores for every history: `counts` relative to the largest. */
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
