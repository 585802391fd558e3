// Trains the ranking part of a release from logged rows: fits the earlier rows, measures on the later ones and judges.
// If data is insufficient or the model no better than the prior, the release has no ranking model, and the outcome says
// why.

import { ACTIONS } from '../contracts/algorithm-settings.ts';
import type { RankingPart } from '../contracts/release.ts';
import { pickEvenly } from '../data/pick-evenly.ts';
import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';
import { computeExpectedUtilities, FEATURES, FEATURES_HASH } from '../features/ranking.ts';
import { type Estimate, STANDARD_ERRORS } from './counterfactual.ts';
import { collectExamples, type Examples, estimateExamination } from './examples.ts';
import { computeMeanLabels, type FitContext, fitRanker } from './fit-ranker.ts';
import type { ShownRow } from './impressions.ts';
import { judgeRanker } from './judge-ranker.ts';
import { measureLogLoss, measureNdcg, measureSnips, scoreByModel, scoreByPrior } from './measure.ts';
import { encodeRanker } from './network.ts';
import { predictProbabilities } from './predict.ts';

/** With less data, preferences cannot be distinguished from noise. */
const EXAMINED_MIN = 2_000;
const ACTED_MIN = 100;
/** Share of the rows, the latest, that the model is measured on. */
const LATER_SHARE = 0.2;
/** The newest rows are used; memory is reserved for this many. */
const ROWS_MAX = 200_000;
const SELF_TEST_ROWS = 16;

/** `model`: ONNX, features float32 [batch, FEATURES] → probabilities float32 [batch, ACTIONS]. */
export interface RankingContents extends Omit<RankingPart, 'model'> {
  model: Uint8Array;
}

export interface RankingTraining extends FitContext {
  /** Sorted by time. */
  rows: readonly ShownRow[];
  /** The ranking part in use: kept if no better one is trained and it reads the same features. */
  current: RankingContents | undefined;
  /** Holds the rows. */
  snapshot: { version: string };
}

export interface RankingOutcome {
  ranking: RankingContents | undefined;
  outcome: 'trained' | 'kept' | 'none';
  /** For people, with the figures that decided. */
  reason: string;
}

export async function trainRanker({ rows, current, snapshot, ...context }: RankingTraining): Promise<RankingOutcome> {
  const usable = current?.featuresHash === FEATURES_HASH ? current : undefined;
  const trained = await attemptTraining(rows.slice(-ROWS_MAX), usable?.model, context);
  if (trained.ranking !== undefined)
    return { ...trained, ranking: { ...trained.ranking, snapshot: snapshot.version }, outcome: 'trained' };
  return usable === undefined
    ? { outcome: 'none', ...trained }
    : { outcome: 'kept', ranking: usable, reason: trained.reason };
}

async function attemptTraining(
  rows: readonly ShownRow[],
  current: Uint8Array | undefined,
  context: FitContext,
): Promise<Pick<RankingOutcome, 'ranking' | 'reason'>> {
  const insufficient = explainInsufficientData(rows);
  if (insufficient !== undefined) return { ranking: undefined, reason: insufficient };
  const [earlier, later] = splitByTime(rows);
  const propensityOf = estimateExamination(earlier);
  const examples = collectExamples(earlier, propensityOf);
  const { parameters, scaling } = await fitRanker(examples, context);
  const model = encodeRanker(parameters, scaling, { featuresHash: FEATURES_HASH, actions: ACTIONS.join() });
  const laterExamples = collectExamples(later, propensityOf);
  const { metrics, selfTest } = await measureRanker(model, current, examples, laterExamples, later);
  const { publish, reason } = judgeRanker(metrics);
  const ranking = { model, featuresHash: FEATURES_HASH, actions: [...ACTIONS], metrics, selfTest };
  return { ranking: publish ? ranking : undefined, reason };
}

function explainInsufficientData(rows: readonly ShownRow[]): string | undefined {
  let examined = 0;
  let acted = 0;
  for (const { entries } of rows)
    for (const entry of entries) {
      examined += Number(entry.examined);
      acted += Number(entry.outcomes.some(Boolean));
    }
  if (examined >= EXAMINED_MIN && acted >= ACTED_MIN) return undefined;
  const found = `${examined} examined impressions and ${acted} with an action`;
  return `insufficient data: ${found}, of ${EXAMINED_MIN} and ${ACTED_MIN} required`;
}

/** All rows of an answer belong to one side. */
function splitByTime(rows: readonly ShownRow[]): [earlier: readonly ShownRow[], later: readonly ShownRow[]] {
  const share = Math.floor((1 - LATER_SHARE) * rows.length);
  const next = rows.findIndex(({ shownAt }) => shownAt > rows[share]!.shownAt);
  const start = next < 0 ? share : next;
  return [rows.slice(0, start), rows.slice(start)];
}

/** `examples`: fitted on; `laterExamples` and `later`: measured on. */
async function measureRanker(
  model: Uint8Array,
  current: Uint8Array | undefined,
  examples: Examples,
  laterExamples: Examples,
  later: readonly ShownRow[],
): Promise<Pick<RankingPart, 'metrics' | 'selfTest'>> {
  const served = joinFeatures(later);
  const [atPosition, asServed] = await predictProbabilities(model, [laterExamples.features, served]);
  const score = scoreByModel(later, asServed!);
  const ndcg = measureNdcg(later, score);
  const means = computeMeanLabels(examples);
  const base = Float32Array.from({ length: laterExamples.labels.length }, (_, cell) => means[cell % ACTIONS.length]!);
  return {
    metrics: {
      examples: examples.count,
      laterExamples: laterExamples.count,
      ndcg: computeMean(ndcg),
      priorNdcg: computeMean(measureNdcg(later, scoreByPrior)),
      overCurrent: current === undefined ? null : await compareNdcg(ndcg, current, served, later),
      logLoss: measureLogLoss(laterExamples, atPosition!),
      baseLogLoss: measureLogLoss(laterExamples, base),
      snips: measureSnips(later, score),
    },
    selfTest: createSelfTest(served, asServed!),
  };
}

/**
 * Rows from the lowest expected utility to the highest: on rows that a model hardly tells apart, another model could
 * agree with it.
 */
function createSelfTest(features: Float32Array, probabilities: Float32Array): RankingPart['selfTest'] {
  const utilities = computeExpectedUtilities(probabilities);
  const order = Array.from(utilities.keys()).sort((a, b) => utilities[a]! - utilities[b]! || a - b);
  const rows = pickEvenly(order, SELF_TEST_ROWS);
  const pick = (table: Float32Array, width: number) =>
    rows.flatMap((row) => [...table.subarray(row * width, (row + 1) * width)]);
  return { features: pick(features, FEATURES.length), expected: pick(probabilities, ACTIONS.length) };
}

/** The mean NDCG less that of the ranking model in use. */
async function compareNdcg(
  ndcg: Float64Array,
  current: Uint8Array,
  served: Float32Array,
  later: readonly ShownRow[],
): Promise<Estimate> {
  const [probabilities] = await predictProbabilities(current, [served]);
  const { mean, standardError } = estimateDifference(ndcg, measureNdcg(later, scoreByModel(later, probabilities!)));
  return { value: mean, margin: STANDARD_ERRORS * standardError };
}

/** Features of all entries as the edge encodes them, without positions: [entries, FEATURES]. */
function joinFeatures(rows: readonly ShownRow[]): Float32Array {
  const entries = rows.flatMap((row) => row.entries);
  const joined = new Float32Array(entries.length * FEATURES.length);
  for (const [at, { features }] of entries.entries()) joined.set(features, at * FEATURES.length);
  return joined;
}
