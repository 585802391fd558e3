// From logged rows to the ranking part of a release: learn from the earlier rows, measure on the later, and judge. Where it
// is no better than the prior, or there is too little to learn from, it says so, and the release goes without.

import type { RankingPart } from '../contracts/release.ts';
import { computeMean } from '../evaluation/metrics.ts';
import { estimateDifference } from '../evaluation/significance.ts';
import { ACTIONS, FEATURES, FEATURES_HASH } from '../features/ranking.ts';
import { openSession } from '../onnx/session.ts';
import type { Estimate } from './counterfactual.ts';
import { collectExamples, estimateExamination } from './examples.ts';
import { computeMeanLabels, type FitContext, fitRanker } from './fit-ranker.ts';
import type { ShownRow } from './impressions.ts';
import { measureLogLoss, measureNdcg, measureSnips, scoreByModel, scoreByPrior } from './measure.ts';
import { encodeRanker } from './network.ts';

/** Fewer tell a taste from chance in too few games. */
export const EXAMINED_MIN = 2_000;
const ACTED_MIN = 100;
/** Of the rows, by time: those measured on. */
const LATER_SHARE = 0.2;
/** The newest, for which memory is reserved. */
const ROWS_MAX = 200_000;
const SELF_TEST_ROWS = 4;
/** The ranking model, ONNX: features float32 [batch, features] to probabilities float32 [batch, actions]. */
export interface RankingContents extends Omit<RankingPart, 'model'> {
  model: Uint8Array;
}

/** Two-sided 95% of a normal distribution. */
const STANDARD_ERRORS = 1.96;

export interface RankingTraining extends FitContext {
  /** The earliest first. */
  rows: readonly ShownRow[];
  /** Of the release in use: kept where nothing better comes and it reads the same features. */
  current: RankingContents | undefined;
}

export interface RankingOutcome {
  ranking: RankingContents | undefined;
  outcome: 'trained' | 'kept' | 'none';
  /** For people, with the figures that decided. */
  reason: string;
}

export async function trainRanker({ rows, current, ...context }: RankingTraining): Promise<RankingOutcome> {
  const usable = current?.featuresHash === FEATURES_HASH ? current : undefined;
  const trained = await attempt(rows.slice(-ROWS_MAX), usable?.model, context);
  if (trained.ranking !== undefined) return { ...trained, outcome: 'trained' };
  return usable === undefined
    ? { outcome: 'none', ...trained }
    : { outcome: 'kept', ranking: usable, reason: trained.reason };
}

type Attempt = Pick<RankingOutcome, 'ranking' | 'reason'>;

async function attempt(
  rows: readonly ShownRow[],
  current: Uint8Array | undefined,
  context: FitContext,
): Promise<Attempt> {
  const poverty = explainInsufficientData(rows);
  if (poverty !== undefined) return { ranking: undefined, reason: poverty };
  const split = Math.floor((1 - LATER_SHARE) * rows.length);
  // An answer's rows belong to one side.
  const from = rows.findIndex(({ shownAt }) => shownAt > rows[split]!.shownAt);
  const [earlier, later] = [rows.slice(0, from < 0 ? split : from), rows.slice(from < 0 ? split : from)];
  const propensityOf = estimateExamination(earlier);
  const examples = collectExamples(earlier, propensityOf);
  const { parameters, scaling } = await fitRanker(examples, context);
  const model = encodeRanker(parameters, scaling, { featuresHash: FEATURES_HASH, actions: ACTIONS.join() });

  const laterExamples = collectExamples(later, propensityOf);
  const entries = later.flatMap((row) => row.entries);
  const served = joinFeatures(entries.map(({ features }) => features));
  const [atPlace, asServed] = await predictAll(model, [laterExamples.features, served]);
  const score = scoreByModel(later, asServed!);
  const ndcg = measureNdcg(later, score);
  const ofCurrent =
    current === undefined
      ? undefined
      : measureNdcg(later, scoreByModel(later, (await predictAll(current, [served]))[0]!));
  const rates = computeMeanLabels(examples);
  const base = Float32Array.from({ length: laterExamples.labels.length }, (_, cell) => rates[cell % ACTIONS.length]!);
  const metrics: RankingPart['metrics'] = {
    examples: examples.count,
    laterExamples: laterExamples.count,
    ndcg: computeMean(ndcg),
    priorNdcg: computeMean(measureNdcg(later, scoreByPrior)),
    overCurrent: ofCurrent === undefined ? null : compareMeans(ndcg, ofCurrent),
    logLoss: measureLogLoss(laterExamples, atPlace!),
    baseLogLoss: measureLogLoss(laterExamples, base),
    snips: measureSnips(later, score),
  };
  const verdict = judgeRanker(metrics);
  const selfTest = {
    features: [...served.subarray(0, SELF_TEST_ROWS * FEATURES.length)],
    expected: [...asServed!.subarray(0, SELF_TEST_ROWS * ACTIONS.length)],
  };
  return {
    reason: verdict.reason,
    ranking: verdict.publish
      ? { model, featuresHash: FEATURES_HASH, actions: [...ACTIONS], metrics, selfTest }
      : undefined,
  };
}

function compareMeans(a: Float64Array, b: Float64Array): Estimate {
  const { mean, standardError } = estimateDifference(a, b);
  return { value: mean, margin: STANDARD_ERRORS * standardError };
}

/**
 * NDCG must be above the prior's, and not below that of the ranking model in use by more than noise; nor clicks below the
 * prior's, where shuffled rows can tell.
 */
export function judgeRanker({ ndcg, priorNdcg, overCurrent, snips }: RankingPart['metrics']): {
  publish: boolean;
  reason: string;
} {
  const figures = `NDCG of later looks ${ndcg.toFixed(4)}, the prior ${priorNdcg.toFixed(4)}`;
  if (ndcg <= priorNdcg) return { publish: false, reason: `${figures}: no better than the prior` };
  if (overCurrent !== null && overCurrent.value + overCurrent.margin < 0)
    return {
      publish: false,
      reason: `${figures}: worse than the ranking model in use by ${(-overCurrent.value).toFixed(4)} ± ${overCurrent.margin.toFixed(4)}`,
    };
  if (snips === null) return { publish: true, reason: `${figures}; too few shuffled rows to estimate clicks` };
  const { ranker, prior, difference } = snips;
  const clicks = `clicks per row by SNIPS ${ranker.value.toFixed(3)}, the prior ${prior.value.toFixed(3)} (difference ${difference.value.toFixed(3)} ± ${difference.margin.toFixed(3)})`;
  return difference.value + difference.margin < 0
    ? { publish: false, reason: `${figures}; ${clicks}: fewer clicks than the prior` }
    : { publish: true, reason: `${figures}; ${clicks}` };
}

function explainInsufficientData(rows: readonly ShownRow[]): string | undefined {
  let examined = 0;
  let acted = 0;
  for (const { entries } of rows)
    for (const entry of entries) {
      examined += Number(entry.examined);
      acted += Number(entry.outcomes.some(Boolean));
    }
  if (examined < EXAMINED_MIN || acted < ACTED_MIN)
    return `${examined} impressions that were looked at and ${acted} that were acted on, where it takes ${EXAMINED_MIN} and ${ACTED_MIN}`;
  return undefined;
}

function joinFeatures(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * FEATURES.length);
  for (const [row, features] of rows.entries()) all.set(features, row * FEATURES.length);
  return all;
}

async function predictAll(model: Uint8Array, inputs: readonly Float32Array[]): Promise<Float32Array[]> {
  const session = await openSession(model);
  try {
    const outputs: Float32Array[] = [];
    for (const features of inputs) {
      const rows = features.length / FEATURES.length;
      const data = new Float32Array(rows * ACTIONS.length);
      if (rows > 0)
        await session.run(
          { features: { data: features, dimensions: [rows, FEATURES.length] } },
          { probabilities: { data, dimensions: [rows, ACTIONS.length] } },
        );
      outputs.push(data);
    }
    return outputs;
  } finally {
    await session.release();
  }
}
