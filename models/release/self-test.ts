// The self-test of a release: a history, and the model's scores for items after it, for the edge to repeat.

import { HISTORY_LENGTH, type ReleaseManifest } from '../contracts/release.ts';
import { pickEvenly } from '../data/pick-evenly.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';

const CASES_MAX = 100;
const BEST_ITEMS = 10;
const OTHER_ITEMS = 54;

/**
 * Returns the longest of the first hundred histories, and the scores that the file itself gives to the best items and
 * to some from all over the rest of the order.
 */
export async function createSelfTest(
  file: Uint8Array,
  itemIds: readonly string[],
  cases: readonly EvaluationCase[],
): Promise<ReleaseManifest['selfTest']> {
  let longest: EvaluationCase['history'] = [];
  for (const { history } of cases.slice(0, CASES_MAX)) if (history.length > longest.length) longest = history;
  const indices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  const history = longest
    .filter(({ itemId }) => indices.has(itemId))
    .slice(0, HISTORY_LENGTH)
    .map(({ itemId, weight, ageDays }) => ({ itemId, weight, ageDays }));
  const scorer = await openScorer(file, itemIds);
  const scores = await scorer.score(encodeHistories([history], indices)).finally(() => scorer.release());
  const ranked = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const tested = [...ranked.slice(0, BEST_ITEMS), ...pickEvenly(ranked.slice(BEST_ITEMS), OTHER_ITEMS)];
  return {
    history,
    expected: tested.map((index) => ({ itemId: itemIds[index]!, score: scores[index]! })),
  };
}
