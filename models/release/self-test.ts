// The self-test of a release: a history and the items that the model ranks highest for it, for the edge to verify.

import type { ReleaseManifest } from '../contracts/release.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';

const CASES_MAX = 100;
const EXPECTED_LENGTH = 10;

/** Returns the longest of the first hundred histories, and the ten items that the file itself scores highest for it. */
export async function createSelfTest(
  file: Uint8Array,
  itemIds: readonly string[],
  cases: readonly EvaluationCase[],
): Promise<ReleaseManifest['selfTest']> {
  let longest: EvaluationCase['history'] = [];
  for (const { history } of cases.slice(0, CASES_MAX)) if (history.length > longest.length) longest = history;
  const encoded = encodeHistories([longest], new Map(itemIds.map((itemId, index) => [itemId, index])));
  const scorer = await openScorer(file, itemIds);
  const scores = await scorer.score(encoded).finally(() => scorer.release());
  const ranked = Array.from(scores, (score, itemIndex) => ({ itemIndex, score })).sort(
    (a, b) => b.score - a.score || a.itemIndex - b.itemIndex,
  );
  return {
    items: [...encoded.items],
    weights: [...encoded.weights],
    ages: [...encoded.ages],
    expected: ranked.slice(0, EXPECTED_LENGTH),
  };
}
