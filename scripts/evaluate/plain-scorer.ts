// Measures what scores instead of a model where onnxruntime cannot start, with the neighbours that a release of the
// model would have.

import type { Vocabulary } from '../../models/algorithms/algorithm.ts';
import { collectNeighbours } from '../../models/algorithms/nearest.ts';
import { encodeNeighbourFile, NEIGHBOURS_PER_ITEM_MAX } from '../../models/contracts/neighbours.ts';
import type { TrainedCandidate } from '../../models/release/keep-best.ts';
import { createPlainScorer } from '../../workers/inference/plain.ts';
import { type Measured, measureScorer, type TestSplit } from './measure.ts';

export async function measurePlainScorer(
  selected: TrainedCandidate,
  { candidates, vocabulary }: { candidates: readonly TrainedCandidate[]; vocabulary: Vocabulary },
  split: TestSplit,
): Promise<Measured> {
  const { model } = selected;
  const content = candidates.find((candidate) => candidate.model.algorithm === 'content')?.model.itemVectors;
  const neighbours = await collectNeighbours({ model, content, counts: vocabulary.counts }, NEIGHBOURS_PER_ITEM_MAX);
  const { score } = createPlainScorer(neighbours, model.parameters);
  const standIn = {
    ...selected,
    model: { ...model, algorithm: 'plain scorer' },
    file: encodeNeighbourFile(neighbours),
  };
  return measureScorer({ itemIds: model.itemIds, score }, standIn, split);
}
