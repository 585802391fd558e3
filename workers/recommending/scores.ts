// Turns what is known of a candidate into one number. The ranking model's probabilities, each times what its action is
// worth; without such a model the prior: the retrieval score, leaned towards the genre of the moment and, by a little,
// towards what is popular. Then what the player's dial and the store's rules say.

import {
  type CandidateFeatures,
  computeExpectedUtilities,
  encodeFeatures,
  FEATURES,
} from '../../models/features/ranking.ts';
import { computeRequestFeatures, type RequestFeatures } from '../../models/features/request-features.ts';
import type { Candidate, ScoredCandidate } from './candidates.ts';
import { computeHistorySimilarity, interpolateScore } from './cold-start.ts';
import type { RankingInput } from './ranking-input.ts';
import type { RuleEffects } from './rules.ts';

// All leans multiply. A transformer's tenth game may score a tenth of its first, a table's nine tenths: what is added
// would turn the one list over and hardly touch the other. By a factor a game overtakes only those that the model finds
// about as good, however steeply its scores fall.

/** A game wholly of the player's one genre gains this part of its score over one of none: less than what a clear choice is ahead by. */
const AFFINITY_WEIGHT = 0.75;
const POPULARITY_WEIGHT = 0.05;
/** The dial at its end makes the most popular game this many times the better, or the worse, against one that nobody knows. */
const DIAL_FACTOR = 20;
/** A game of a genre that the player wants less of scores this part of what it would. */
const LESS_FACTOR = 0.5;
/** Added to every score, so that the leans order also those that nobody has chosen yet. */
const SCORE_MIN = 0.01;
/** From this share on a genre is worth naming as a reason. */
const STRONG_SHARE = 0.2;

/** Scores and sorts, best first. Where the ranking model cannot answer the prior does. */
export async function scoreCandidates(
  candidates: Iterable<Candidate>,
  input: RankingInput,
  rules: RuleEffects,
): Promise<ScoredCandidate[]> {
  const answer = computeRequestFeatures(input);
  const base = input.modelScores === null ? 'popular' : 'retrieval';
  const facts = describeCandidates([...candidates], base, answer, input);
  // Without a model to read them, features are wanted of what is shown alone, for the log.
  const features = input.predictActions === null ? undefined : encodeFeatures(facts, answer);
  const values = features && (await predictValues(features, facts.length, input));
  const { preferences } = input.user;
  const dial = preferences.popularity * Math.log(DIAL_FACTOR);
  const lessGenres = new Set(preferences.lessGenres.map((genre) => genre.toLowerCase()));
  return facts
    .map((own, row): ScoredCandidate => {
      const { item, sources, prior } = own;
      const strongest = item.genres.find((genre) => (answer.genres.get(genre) ?? 0) >= STRONG_SHARE);
      const popular = answer.popularity.get(item.itemId) ?? 0;
      const reason = (sources[base] ?? sources['cold-start'] ?? Object.values(sources)[0])?.reason ?? '';
      return {
        item,
        sources,
        score:
          (values?.[row] ?? prior) *
          // The square root: popularity falls so steeply that most games would look unknown.
          Math.exp(dial * (Math.sqrt(popular) - 0.5)) *
          (item.genres.some((genre) => lessGenres.has(genre.toLowerCase())) ? LESS_FACTOR : 1) *
          rules.weigh(item),
        reason: strongest === undefined ? reason : `${reason}, and you like ${strongest}`,
        features: () =>
          features?.subarray(row * FEATURES.length, (row + 1) * FEATURES.length) ?? encodeFeatures([own], answer),
      };
    })
    .sort((a, b) => b.score - a.score || (a.item.itemId < b.item.itemId ? -1 : 1));
}

/** Undefined where there is no ranking model, or it cannot answer: who gave it to the input says so in the answer. */
async function predictValues(features: Float32Array, candidates: number, { predictActions: predict }: RankingInput) {
  try {
    return predict === null || candidates === 0
      ? undefined
      : computeExpectedUtilities(await predict(features, candidates));
  } catch {
    return undefined;
  }
}

function describeCandidates(
  candidates: readonly Candidate[],
  base: 'popular' | 'retrieval',
  { genres, popularity }: RequestFeatures,
  input: RankingInput,
): (Candidate & Omit<CandidateFeatures, 'sources'>)[] {
  const retrieved = candidates.filter(({ sources }) => sources.retrieval !== undefined);
  retrieved.sort((a, b) => b.sources.retrieval!.score - a.sources.retrieval!.score);
  const { preferences, history } = input.user;
  const picked = new Set(preferences.genres.map((genre) => genre.toLowerCase()));
  // Whoever has named genres and hardly played yet: what is liked in them weighs as one game played does, ever less from then on.
  const pickedWorth = 1 / (1 + history.length);
  const ranks = new Map(retrieved.map(({ item }, rank) => [item.itemId, rank]));
  const scores = candidates.flatMap(({ sources }) => sources[base]?.score ?? []).sort((a, b) => b - a);
  return candidates.map((candidate) => {
    const { item, sources } = candidate;
    const lean = item.genres.reduce((sum, genre) => sum + (genres.get(genre) ?? 0), 0);
    const popular = popularity.get(item.itemId) ?? 0;
    const isPicked = picked.size > 0 && item.genres.some((genre) => picked.has(genre.toLowerCase()));
    return {
      item,
      sources,
      retrievalRank: ranks.get(item.itemId),
      prior:
        ((sources[base]?.score ?? 0) +
          (sources['cold-start'] === undefined ? 0 : interpolateScore(scores, computeHistorySimilarity(item, input))) +
          (isPicked ? pickedWorth * Math.sqrt(popular) : 0) +
          SCORE_MIN) *
        (1 + AFFINITY_WEIGHT * Math.min(1, lean) + POPULARITY_WEIGHT * popular),
    };
  });
}
