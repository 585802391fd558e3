// Scores candidates by expected utility: the sum of the ranking model's probabilities, each times the utility of its
// action. Without a ranking model the prior scores (prior.ts). The player's preferences and the store's rules then
// re-rank the result. Items that the player passed over sink: with the ranking model by a feature, with the prior by
// fatigue.ts.

import { sumLabels } from '../../models/features/label-sums.ts';
import {
  type CandidateFeatures,
  computeExpectedUtilities,
  encodeFeatures,
  FEATURES,
} from '../../models/features/ranking.ts';
import { computeRequestFeatures, type RequestFeatures } from '../../models/features/request-features.ts';
import { type Candidates, findReason, findSource, readSourceScores } from './candidates.ts';
import { sinkPassedOver } from './fatigue.ts';
import { orderByScore } from './order-by-score.ts';
import { type BaseSource, computePriors } from './prior.ts';
import type { RankingInput } from './ranking-input.ts';
import type { RuleEffects } from './rules.ts';
import { readStatistics } from './sources.ts';

/**
 * At either end the popularity dial multiplies or divides the most popular item's score by this, relative to an unknown
 * item's.
 */
const DIAL_FACTOR = 20;
const LESS_GENRES_FACTOR = 0.5;
/** A genre with at least this share is named as a reason. */
const STRONG_SHARE = 0.2;

export interface Scores {
  /** Expected utilities for this player, by candidate. */
  scores: Float64Array;
  /** Candidates, best first. */
  ranked: readonly number[];
  /** Why the prior scored instead of the ranking model; undefined if it did not. */
  rankingFailure: string | undefined;
  /** Returns the reason for a candidate among all candidates. */
  explain(candidate: number): string;
  /** Returns [candidates, FEATURES] (models/features/ranking.ts). */
  readFeatures(candidates: readonly number[]): Float32Array;
}

/** Scores by the ranking model; by the prior if there is none or it fails. */
export async function scoreCandidates(
  candidates: Candidates,
  input: RankingInput,
  rules: RuleEffects,
): Promise<Scores> {
  const { indexes } = candidates;
  const { columns } = input.catalogue;
  const request = computeRequestFeatures({ ...input, columns, statistics: readStatistics(input) });
  const base = input.modelScores === null ? 'popular' : 'retrieval';
  const sums = sumLabels(indexes, request);
  const priors = computePriors(candidates, base, sums, request, input);
  const described = describeCandidates(candidates, priors);
  // Without a ranking model only the shown items need features, for the log.
  const features = input.predictActions === null ? undefined : encodeFeatures(described, request, sums);
  const { utilities, rankingFailure } = await predictUtilities(features, indexes.length, input);
  const scores = new Float64Array(indexes.length);
  scores.set(utilities ?? priors);
  multiply(scores, indexes, createPreferenceFactor(input, request.popularity));
  multiply(scores, indexes, rules.computeFactor);
  const ranked = rankByScore(candidates, scores);
  const countPassedOver = (candidate: number) =>
    rules.isPinned?.(indexes[candidate]!) ? 0 : (request.passedOver.get(indexes[candidate]!) ?? 0);
  const sinks = utilities === undefined && request.passedOver.size > 0;
  return {
    scores,
    ranked: sinks ? sinkPassedOver(ranked, scores, input.settings.fatigueRanks, countPassedOver) : ranked,
    rankingFailure,
    explain: (candidate) => explainScore(candidates, candidate, base, request),
    readFeatures: (wanted) =>
      features === undefined ? encodeFeatures(pickCandidates(described, wanted), request) : pickRows(features, wanted),
  };
}

/** `computeFactor`: by item index; undefined if all factors are 1. */
function multiply(
  scores: Float64Array,
  indexes: readonly number[],
  computeFactor: ((index: number) => number) | undefined,
): void {
  if (computeFactor === undefined) return;
  for (let candidate = 0; candidate < scores.length; candidate++)
    scores[candidate]! *= computeFactor(indexes[candidate]!);
}

/** Best first, equal ones by their ids. */
function rankByScore({ columns: { ids }, indexes }: Candidates, scores: Float64Array): number[] {
  const ranked = orderByScore(scores);
  for (let start = 0, end = 1; start < ranked.length; start = end++) {
    const score = scores[ranked[start]!];
    while (end < ranked.length && scores[ranked[end]!] === score) end++;
    if (end - start === 1) continue;
    const equal = ranked.slice(start, end).sort((a, b) => (ids[indexes[a]!]! < ids[indexes[b]!]! ? -1 : 1));
    for (let at = 0; at < equal.length; at++) ranked[start + at] = equal[at]!;
  }
  return ranked;
}

function describeCandidates(candidates: Candidates, priors: Float64Array): CandidateFeatures {
  const retrievalRanks = new Int32Array(priors.length).fill(-1);
  const byModel = candidates.retrieved.find(({ source }) => source === 'retrieval')?.candidates ?? [];
  for (let rank = 0; rank < byModel.length; rank++) retrievalRanks[byModel[rank]!] = rank;
  return {
    indexes: candidates.indexes,
    retrievalRanks,
    priors,
    readSource: (source) => readSourceScores(candidates, source),
  };
}

function pickCandidates(
  { indexes, retrievalRanks, priors, readSource }: CandidateFeatures,
  wanted: readonly number[],
): CandidateFeatures {
  const pick = (column: ArrayLike<number>) => wanted.map((candidate) => column[candidate]!);
  return {
    indexes: pick(indexes),
    retrievalRanks: pick(retrievalRanks),
    priors: Float64Array.from(pick(priors)),
    readSource: (source) => Float64Array.from(pick(readSource(source))),
  };
}

function pickRows(features: Float32Array, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * FEATURES.length);
  // A loop is faster than `set` for such short rows.
  for (let at = 0, to = 0; at < rows.length; at++)
    for (let from = rows[at]! * FEATURES.length; from < (rows[at]! + 1) * FEATURES.length; from++, to++)
      picked[to] = features[from]!;
  return picked;
}

/** `features`: undefined without a ranking model. */
async function predictUtilities(
  features: Float32Array | undefined,
  candidates: number,
  { predictActions, settings }: RankingInput,
): Promise<{ utilities?: Float32Array; rankingFailure: string | undefined }> {
  if (predictActions === null || features === undefined || candidates === 0) return { rankingFailure: undefined };
  try {
    const probabilities = await predictActions(features, candidates);
    return { utilities: computeExpectedUtilities(probabilities, settings.actionUtilities), rankingFailure: undefined };
  } catch (error) {
    return { rankingFailure: (error as Error).message };
  }
}

/** Returns the factor of the player's popularity dial and of the genres that the player wants less of, if there are. */
function createPreferenceFactor(
  { user: { preferences }, catalogue: { columns } }: RankingInput,
  popularity: Float64Array,
): ((index: number) => number) | undefined {
  const dial = preferences.popularity * Math.log(DIAL_FACTOR);
  const lessGenres = columns.labels.table.findFolds(preferences.lessGenres);
  if (dial === 0 && lessGenres.size === 0) return undefined;
  return (index) =>
    // The square root, since popularity falls so steeply that most items would count as unknown.
    (dial === 0 ? 1 : Math.exp(dial * (Math.sqrt(popularity[index]!) - 0.5))) *
    (lessGenres.size > 0 && columns.labels.findGenre(index, lessGenres) >= 0 ? LESS_GENRES_FACTOR : 1);
}

function explainScore(
  candidates: Candidates,
  candidate: number,
  base: BaseSource,
  { columns: { labels }, genres }: RequestFeatures,
): string {
  const reason =
    findReason(candidates, candidate, base) ??
    findReason(candidates, candidate, 'cold-start') ??
    findReason(candidates, candidate, findSource(candidates, candidate))!;
  const index = candidates.indexes[candidate]!;
  const own = labels.cells.subarray(labels.starts[index], labels.genreEnds[index]);
  const strongest = own.find((label) => genres[label]! >= STRONG_SHARE);
  return strongest === undefined ? reason : `${reason}, and you like ${labels.table.strings[strongest]}`;
}
