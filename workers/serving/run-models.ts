// Runs the models of a release for one answer: the retrieval model on the player's history, and the ranking model when
// the algorithm calls it. Galleries in bulk share runs of the former (score-together.ts).

import type { Degradation } from '../../models/contracts/gallery.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import { encodeHistories } from '../../models/features/history.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { Ranker } from '../inference/scorer.ts';
import type { ModelScores, PredictActions } from '../recommending/ranking-input.ts';
import { toDegradation } from './degradation.ts';
import type { Isolate } from './isolate.ts';

/** Runs the models of a release. */
export interface Models {
  /** Scores of the whole vocabulary, by item index. */
  score(release: LoadedRelease, history: readonly HistoryItem[]): Promise<Float32Array>;
  /** As PredictActions, by the ranking model of the release. */
  predict(release: LoadedRelease, features: Float32Array, candidates: number): Promise<Float32Array>;
}

/** Each answer has its own runs. */
export const runAlone = (isolate: Isolate): Models => ({
  score: ({ scorer, itemIndices }, history) => scorer.score(encodeHistories([history], itemIndices)),
  predict: async (release, features, candidates) => peekRanker(isolate, release).predict(features, candidates),
});

/** The release's own, or the current one's if the release was retired during an await. Throws if that has none. */
export function peekRanker(isolate: Isolate, release: LoadedRelease): Ranker {
  const { ranker } = (isolate.holds(release) ? release : isolate.peekRelease().value)?.ranking ?? {};
  if (!ranker) throw new Error('the release loaded meanwhile has no ranking model');
  return ranker;
}

export interface HistoryScores {
  /** Null without a release, if no item of the history is in the vocabulary, and if the model fails. */
  scores: ModelScores | null;
  degraded: Degradation[];
}

export async function scoreHistory(
  release: LoadedRelease | undefined,
  history: readonly HistoryItem[],
  { score }: Models,
): Promise<HistoryScores> {
  if (release === undefined) return { scores: null, degraded: [] };
  const { itemIds, itemIndices } = release;
  if (!history.some(({ itemId }) => itemIndices.has(itemId))) return { scores: null, degraded: [] };
  try {
    return { scores: { itemIds, scores: await score(release, history) }, degraded: [] };
  } catch (error) {
    return { scores: null, degraded: [toDegradation('model', error)] };
  }
}

/** Null if the release has no usable ranking model. */
export function createPredictor(release: LoadedRelease | undefined, { predict }: Models): PredictActions | null {
  if (!release?.ranking.ranker) return null;
  return async (features, candidates) => {
    const probabilities = await predict(release, features, candidates);
    if (!areFinite(probabilities)) throw new Error('the ranking model predicts NaN or infinity');
    return probabilities;
  };
}

/** Tests the sum, in a plain loop: `every` takes ten times as long, and `for … of` eight times. */
function areFinite(probabilities: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < probabilities.length; at++) sum += probabilities[at]!;
  return Number.isFinite(sum);
}
