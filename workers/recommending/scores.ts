// Scores candidates by expected utility: the sum of the ranking model's probabilities, each times the utility of its
// action. Without a ranking model the prior scores: the retrieval score, boosted by the player's genres and, slightly,
// by popularity. The player's preferences and the store's rules then re-rank the result. Items that the player passed
// over sink: with the ranking model by a feature, with the prior by fatigue.ts.

import type { Item } from '../../models/contracts/item.ts';
import {
  type CandidateFeatures,
  computeExpectedUtilities,
  encodeFeatures,
  FEATURES,
} from '../../models/features/ranking.ts';
import { computeRequestFeatures, type RequestFeatures } from '../../models/features/request-features.ts';
import type { ScoredCandidate } from './candidates.ts';
import { computeHistorySimilarity, scoreAtRank } from './cold-start.ts';
import { sinkPassedOver } from './fatigue.ts';
import type { RankingInput } from './ranking-input.ts';
import type { RuleEffects } from './rules.ts';

// All boosts multiply. A transformer's tenth item may score a tenth of its first, a table's nine tenths: an added boost
// would reverse the one list and hardly change the other. With a factor an item overtakes only those that the model
// scores about as high, however steeply the scores fall.

/** An item wholly of the player's only genre gains this share of its score: less than the lead of a clear favourite. */
const AFFINITY_BOOST = 0.75;
const POPULARITY_BOOST = 0.05;
/**
 * At either end the popularity dial multiplies or divides the most popular item's score by this, relative to an unknown
 * item's.
 */
const DIAL_FACTOR = 20;
const LESS_GENRES_FACTOR = 0.5;
/** Added to every score, so that boosts also order items that nobody has interacted with. */
const SCORE_MIN = 0.01;
/** A genre with at least this share is named as a reason. */
const STRONG_SHARE = 0.2;

type PooledItem = Pick<ScoredCandidate, 'item' | 'sources'>;
type BaseSource = 'popular' | 'retrieval';
type DescribedItem = PooledItem & CandidateFeatures;

export interface Scores {
  /** Best first. */
  candidates: ScoredCandidate[];
  /** Why the prior scored instead of the ranking model; undefined if it did not. */
  rankingFailure: string | undefined;
}

/** Scores by the ranking model; by the prior if there is none or it fails. */
export async function scoreCandidates(
  pooled: Iterable<PooledItem>,
  input: RankingInput,
  rules: RuleEffects,
): Promise<Scores> {
  const request = computeRequestFeatures(input);
  const base = input.modelScores === null ? 'popular' : 'retrieval';
  const described = describeItems([...pooled], base, request, input);
  // Without a ranking model only the shown items need features, for the log.
  const features = input.predictActions === null ? undefined : encodeFeatures(described, request);
  const { utilities, rankingFailure } = await predictUtilities(features, described.length, input);
  const computePreferenceFactor = createPreferenceFactor(input);
  const candidates = described
    .map((own, row): ScoredCandidate => {
      const { item, sources, prior } = own;
      return {
        item,
        sources,
        score: (utilities?.[row] ?? prior) * computePreferenceFactor(item) * rules.computeFactor(item),
        reason: explainScore(own, base, request),
        features: () =>
          features?.subarray(row * FEATURES.length, (row + 1) * FEATURES.length) ?? encodeFeatures([own], request),
      };
    })
    .sort((a, b) => b.score - a.score || (a.item.itemId < b.item.itemId ? -1 : 1));
  const countPassedOver = ({ item }: ScoredCandidate) =>
    rules.isPinned(item) ? 0 : (request.passedOver.get(item.itemId) ?? 0);
  const sinks = utilities === undefined && request.passedOver.size > 0;
  return {
    candidates: sinks ? sinkPassedOver(candidates, countPassedOver) : candidates,
    rankingFailure,
  };
}

/** `features`: undefined without a ranking model. */
async function predictUtilities(
  features: Float32Array | undefined,
  candidates: number,
  { predictActions }: RankingInput,
): Promise<{ utilities?: Float32Array; rankingFailure: string | undefined }> {
  if (predictActions === null || features === undefined || candidates === 0) return { rankingFailure: undefined };
  try {
    const probabilities = await predictActions(features, candidates);
    return { utilities: computeExpectedUtilities(probabilities), rankingFailure: undefined };
  } catch (error) {
    return { rankingFailure: (error as Error).message };
  }
}

/** Returns the factor of the player's popularity dial and of the genres that the player wants less of. */
function createPreferenceFactor({ user: { preferences }, popularity }: RankingInput): (item: Item) => number {
  const dial = preferences.popularity * Math.log(DIAL_FACTOR);
  const lessGenres = new Set(preferences.lessGenres.map((genre) => genre.toLowerCase()));
  return ({ itemId, genres }) =>
    // The square root, since popularity falls so steeply that most items would count as unknown.
    Math.exp(dial * (Math.sqrt(popularity.get(itemId) ?? 0) - 0.5)) *
    (genres.some((genre) => lessGenres.has(genre.toLowerCase())) ? LESS_GENRES_FACTOR : 1);
}

function explainScore({ item, sources }: PooledItem, base: BaseSource, { genres }: RequestFeatures): string {
  const reason = (sources[base] ?? sources['cold-start'] ?? Object.values(sources)[0])?.reason ?? '';
  const strongest = item.genres.find((genre) => (genres.get(genre) ?? 0) >= STRONG_SHARE);
  return strongest === undefined ? reason : `${reason}, and you like ${strongest}`;
}

function describeItems(
  pooled: readonly PooledItem[],
  base: BaseSource,
  request: RequestFeatures,
  input: RankingInput,
): DescribedItem[] {
  const retrieved = pooled.filter(({ sources }) => sources.retrieval !== undefined);
  retrieved.sort((a, b) => b.sources.retrieval!.score - a.sources.retrieval!.score);
  const ranks = new Map(retrieved.map(({ item }, rank) => [item.itemId, rank]));
  const computePrior = createPrior(pooled, base, request, input);
  return pooled.map((one) => ({
    item: one.item,
    sources: one.sources,
    retrievalRank: ranks.get(one.item.itemId),
    prior: computePrior(one),
  }));
}

/** The prior sums the base source's score, a cold-start item's score and that of picked genres, and boosts the sum. */
function createPrior(
  pooled: readonly PooledItem[],
  base: BaseSource,
  { genres, popularity }: RequestFeatures,
  input: RankingInput,
): (one: PooledItem) => number {
  const { preferences, history } = input.user;
  const scores = pooled.flatMap(({ sources }) => sources[base]?.score ?? []).sort((a, b) => b - a);
  const picked = new Set(preferences.genres.map((genre) => genre.toLowerCase()));
  // Popular items of picked genres count as much as one item played, and less with every item of the history.
  const pickedWeight = 1 / (1 + history.length);
  return ({ item, sources }) => {
    const affinity = item.genres.reduce((sum, genre) => sum + (genres.get(genre) ?? 0), 0);
    const popular = popularity.get(item.itemId) ?? 0;
    const isPicked = item.genres.some((genre) => picked.has(genre.toLowerCase()));
    return (
      ((sources[base]?.score ?? 0) +
        (sources['cold-start'] === undefined ? 0 : scoreAtRank(scores, computeHistorySimilarity(item, input))) +
        (isPicked ? pickedWeight * Math.sqrt(popular) : 0) +
        SCORE_MIN) *
      (1 + AFFINITY_BOOST * Math.min(1, affinity) + POPULARITY_BOOST * popular)
    );
  };
}
