// From logged rows to the ranking part of a release: learn from the earlier rows, measure on the later, and judge. Where it
// is no better than the prior, or there is too little to learn from, it says so, and the release goes without.

import type { RankingPart } from '../../contracts/release.ts';
import { meanOf } from '../../evaluation/metrics.ts';
import { ACTIONS, FEATURES, FEATURES_HASH } from '../../features/ranking.ts';
import type { RankingContents } from '../seal-release.ts';
import { openSession } from '../session.ts';
import { type LearningContext, learnRanker, meanLabels } from './descend-ranker.ts';
import { collectExamples, examinationPropensities } from './examples.ts';
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

export interface RankingTraining extends LearningContext {
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
  const trained = await attempt(rows.slice(-ROWS_MAX), context);
  if (trained.ranking !== undefined) return { ...trained, outcome: 'trained' };
  return current?.featuresHash === FEATURES_HASH
    ? { outcome: 'kept', ranking: current, reason: trained.reason }
    : { outcome: 'none', ...trained };
}

type Attempt = Pick<RankingOutcome, 'ranking' | 'reason'>;

async function attempt(rows: readonly ShownRow[], context: LearningContext): Promise<Attempt> {
  const poverty = describePoverty(rows);
  if (poverty !== undefined) return { ranking: undefined, reason: poverty };
  const split = Math.floor((1 - LATER_SHARE) * rows.length);
  // An answer's rows belong to one side.
  const from = rows.findIndex(({ shownAt }) => shownAt > rows[split]!.shownAt);
  const [earlier, later] = [rows.slice(0, from < 0 ? split : from), rows.slice(from < 0 ? split : from)];
  const propensityOf = examinationPropensities(earlier);
  const examples = collectExamples(earlier, propensityOf);
  const { parameters, scaling } = await learnRanker(examples, context);
  const model = encodeRanker(parameters, scaling, { featuresHash: FEATURES_HASH, actions: ACTIONS.join() });

  const laterExamples = collectExamples(later, propensityOf);
  const entries = later.flatMap((row) => row.entries);
  const served = joinFeatures(entries.map(({ features }) => features));
  const [atPlace, asServed] = await predictAll(model, [laterExamples.features, served]);
  const score = scoreByModel(later, asServed!);
  const ndcg = { own: measureNdcg(later, score), prior: measureNdcg(later, scoreByPrior) };
  const rates = meanLabels(examples);
  const base = Float32Array.from({ length: laterExamples.labels.length }, (_, cell) => rates[cell % ACTIONS.length]!);
  const metrics: RankingPart['metrics'] = {
    examples: examples.count,
    laterExamples: laterExamples.count,
    ndcg: meanOf(ndcg.own),
    priorNdcg: meanOf(ndcg.prior),
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

/** NDCG must be above the prior's; clicks, where shuffled rows can tell, not below by more than noise. */
export function judgeRanker({ ndcg, priorNdcg, snips }: RankingPart['metrics']): { publish: boolean; reason: string } {
  const figures = `NDCG of later rows ${ndcg.toFixed(4)}, the prior ${priorNdcg.toFixed(4)}`;
  if (ndcg <= priorNdcg) return { publish: false, reason: `${figures}: no better than the prior` };
  if (snips === null) return { publish: true, reason: `${figures}; too few shuffled rows to estimate clicks` };
  const { ranker, prior, difference } = snips;
  const clicks = `clicks per row by SNIPS ${ranker.value.toFixed(3)}, the prior ${prior.value.toFixed(3)} (difference ${difference.value.toFixed(3)} ± ${difference.margin.toFixed(3)})`;
  return difference.value + difference.margin < 0
    ? { publish: false, reason: `${figures}; ${clicks}: fewer clicks than the prior` }
    : { publish: true, reason: `${figures}; ${clicks}` };
}

function describePoverty(rows: readonly ShownRow[]): string | undefined {
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
