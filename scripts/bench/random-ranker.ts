// Draws a ranking model with random parameters, which costs as much to serve as a trained one.

import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { createRandom } from '../../models/data/random.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';

import { encodeRanker, initialiseRanker } from '../../models/ranking/network.ts';
import { predictProbabilities } from '../../models/ranking/predict.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';

const TEST_ROWS = 40;

export async function drawRanker(): Promise<RankingContents> {
  const random = createRandom(1, 'ranker');
  const parameters = initialiseRanker(
    ACTIONS.map(() => 0.3),
    random,
  );
  for (const { data } of Object.values(parameters)) for (const at of data.keys()) data[at]! += 0.2 * random.normal();
  const scaling = {
    means: Float32Array.from(FEATURES, () => random.next()),
    factors: Float32Array.from(FEATURES, () => 3 * random.next()),
  };
  const model = encodeRanker(parameters, scaling, {});
  const features = Float32Array.from({ length: TEST_ROWS * FEATURES.length }, () => random.next());

  const [expected] = await predictProbabilities(model, [features]);
  return {
    model,
    featuresHash: FEATURES_HASH,
    actions: [...ACTIONS],
    metrics: {
      examples: 0,
      laterExamples: 0,
      ndcg: 0,
      priorNdcg: 0,
      overCurrent: null,
      logLoss: 0,
      baseLogLoss: 0,
      snips: null,
    },
    selfTest: { features: [...features], expected: [...expected!] },
  };
}
