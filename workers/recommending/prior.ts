// The prior: a candidate's score without a ranking model, and one of the ranking model's features. It sums the base
// source's score, a cold-start item's score and that of picked genres, and boosts the sum by the player's genres and,
// slightly, by popularity.

import type { SourceName } from '../../models/contracts/gallery.ts';
import type { LabelSums } from '../../models/features/label-sums.ts';
import type { RequestFeatures } from '../../models/features/request-features.ts';
import { type Candidates, readSourceScores } from './candidates.ts';
import { scoreAtRank } from './cold-start.ts';
import type { RankingInput } from './ranking-input.ts';

// All boosts multiply. A transformer's tenth item may score a tenth of its first, a table's nine tenths: an added boost
// would reverse the one list and hardly change the other. With a factor an item overtakes only those that the model
// scores about as high, however steeply the scores fall.

/** An item wholly of the player's only genre gains this share of its score: less than the lead of a clear favourite. */
const AFFINITY_BOOST = 0.75;
const POPULARITY_BOOST = 0.05;
/** Added to every score, so that boosts also order items that nobody has interacted with. */
const SCORE_MIN = 0.01;

export type BaseSource = Extract<SourceName, 'popular' | 'retrieval'>;

/** By candidate. */
export function computePriors(
  candidates: Candidates,
  base: BaseSource,
  { genres }: LabelSums,
  { columns: { labels }, popularity }: RequestFeatures,
  input: RankingInput,
): Float64Array {
  const { preferences, history } = input.user;
  const picked = labels.table.findFolds(preferences.genres);
  // Popular items of picked genres count as much as one item played, and less with every item of the history.
  const pickedWeight = 1 / (1 + history.length);
  const priors = readSourceScores(candidates, base);
  addColdStartScores(priors, candidates, base);
  for (let candidate = 0; candidate < priors.length; candidate++) {
    const index = candidates.indexes[candidate]!;
    const popular = popularity[index]!;
    const isPicked = picked.size > 0 && labels.findGenre(index, picked) >= 0;
    priors[candidate] =
      (priors[candidate]! + (isPicked ? pickedWeight * Math.sqrt(popular) : 0) + SCORE_MIN) *
      (1 + AFFINITY_BOOST * Math.min(1, genres[candidate]!) + POPULARITY_BOOST * popular);
  }
  return priors;
}

/** `scores`: of the base source, by candidate. */
function addColdStartScores(
  scores: Float64Array,
  { indexes, retrieved, coldStart: { items, similarities } }: Candidates,
  base: BaseSource,
): void {
  const coldStart = retrieved.find(({ source }) => source === 'cold-start')?.candidates ?? [];
  const baseScores = retrieved.find(({ source }) => source === base)?.scores ?? [];
  for (const candidate of coldStart) {
    const position = items.positions.get(indexes[candidate]!)!;
    scores[candidate]! += scoreAtRank(baseScores, similarities[position]!);
  }
}
