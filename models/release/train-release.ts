// The offline tier as one function: holds out players, trains, measures, seals and gates a release. It reads no store
// and publishes nothing; scripts/train.ts does.

import { collectNeighbours } from '../algorithms/nearest.ts';
import { sha256Hex } from '../contracts/digest.ts';
import { NEIGHBOURS_PER_ITEM_MAX } from '../contracts/neighbours.ts';
import type { RankingMetrics, ReleaseFiles, ReleaseManifest } from '../contracts/release.ts';
import { fail, ok, type Result } from '../contracts/result.ts';
import { computeHoldOutShare, isHeldOut } from '../data/hold-out.ts';
import { countInteractions, type Interactions } from '../data/interactions.ts';
import { findNewestCounted } from '../data/pair-counts.ts';
import type { Split } from '../evaluation/cases.ts';
import { splitLeaveOneOut } from '../evaluation/leave-one-out.ts';
import { computeListMetrics } from '../evaluation/list-metrics.ts';
import { computeRankingMetrics, measureUsers } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import { openScorer } from '../onnx/session.ts';
import type { ShownRow } from '../ranking/impressions.ts';
import { type RankingContents, type RankingOutcome, trainRanker } from '../ranking/train-ranker.ts';
import { judge, type Verdict } from './gate.ts';
import type { TrainedCandidate } from './keep-best.ts';
import { sealRelease } from './seal-release.ts';
import { type SearchInput, type SearchResult, searchAlgorithms } from './search.ts';
import { createSelfTest } from './self-test.ts';

export interface TrainingInput extends Omit<SearchInput, 'interactions' | 'validation'> {
  /** All interactions: trainRelease holds some out itself. */
  interactions: Interactions;
  snapshot: { version: string; lastSequences: number[] };
  /** Rows shown to players, with their outcomes. */
  rows: readonly ShownRow[];
  /** The release in use, to be measured beside the candidate; undefined if there is none. */
  current: CurrentRelease | undefined;
  /** The last releases besides it, fewer than RECENT_MAX: the gate also compares with the best of all. */
  recent: readonly EarlierRelease[];
}

/** A release to measure the candidate against. */
export interface EarlierRelease {
  version: string;
  itemIds: readonly string[];
  model: Uint8Array;
  /** See the manifest. */
  countedUntil?: string | undefined;
}

export interface CurrentRelease extends EarlierRelease {
  ranking?: RankingContents | undefined;
}

export interface TrainedRelease extends ReleaseFiles {
  verdict: Verdict;
  /** NDCG@10 on the validation split and training time of each algorithm's best model. */
  candidates: { algorithm: string; validation: number; trainSeconds: number }[];
  /** Algorithms without a candidate, or that failed after it, and why. */
  missing: SearchResult['missing'];
  ranker: Pick<RankingOutcome, 'outcome' | 'reason'>;
}

/** Fails with the reason if data is insufficient. */
export async function trainRelease(input: TrainingInput): Promise<Result<TrainedRelease, string>> {
  const { interactions, clock, onProgress } = input;
  const share = computeHoldOutShare(interactions.userIds.length);
  const countedUntil = findCountedUntil(input);
  const split = splitLeaveOneOut(interactions, (userId) => isHeldOut(userId, share), 2, countedUntil);
  const insufficient = explainInsufficientData(interactions, split, countedUntil);
  if (insufficient !== undefined) return fail(insufficient);

  const startedAt = clock();
  const { training, validation } = split;
  const { candidates, selected, vocabulary, missing } = await searchAlgorithms({
    ...input,
    interactions: training,
    validation,
  });
  const popularity = candidates.find(({ model }) => model.algorithm === 'popularity');
  if (selected === undefined || popularity === undefined) return fail('no algorithm could be trained on the data');
  const trainSeconds = (clock() - startedAt) / 1000;

  const measured = await measureReleases({ candidate: selected, popularity }, split, input);
  const { model, file } = selected;
  onProgress('finding neighbours');
  const content = candidates.find((candidate) => candidate.model.algorithm === 'content')?.model.itemVectors;
  const neighbours = await collectNeighbours({ model, content, counts: vocabulary.counts }, NEIGHBOURS_PER_ITEM_MAX);
  onProgress('training the ranking model');
  const { ranking, ...ranker } = await trainRanker({ ...input, current: input.current?.ranking });

  const createdAt = new Date(clock()).toISOString();
  const digest = await sha256Hex(file);
  const files = await sealRelease(
    {
      version: `${createdAt.replaceAll(/[-:]|\.\d+/g, '')}-${model.algorithm}-${digest.slice(0, 8)}`,
      algorithm: model.algorithm,
      parameters: model.parameters,
      createdAt,
      data: describeData(input, training),
      metrics: {
        protocol: describeProtocol(share, countedUntil),
        candidate: measured.candidate.metrics,
        popularity: measured.popularity.metrics,
        current: measured.current?.metrics ?? null,
        best: describeBest(measured),
      },
      selfTest: await createSelfTest(file, model.itemIds, split.test),
      trainSeconds,
    },
    { model: file, itemIds: model.itemIds, neighbours, ranking },
  );
  const verdict = judge({
    candidate: measured.candidate.ndcgAt10,
    popularity: measured.popularity.ndcgAt10,
    current: measured.current?.ndcgAt10,
    recent: listRecent(measured).map(({ ndcgAt10 }) => ndcgAt10),
  });
  return ok({ ...files, verdict, missing, ranker, candidates: candidates.map(summarise) });
}

const summarise = ({ model, validation, trainSeconds }: TrainedCandidate) => ({
  algorithm: model.algorithm,
  validation,
  trainSeconds,
});

interface MeasuredFile {
  /** By player. */
  ndcgAt10: Float64Array;
  metrics: RankingMetrics;
}
interface MeasuredRelease extends MeasuredFile {
  version: string;
}
interface Measured {
  candidate: MeasuredFile;
  popularity: MeasuredFile;
  /** Undefined if no release is in use. */
  current: MeasuredRelease | undefined;
  /** The last releases besides it. */
  recent: MeasuredRelease[];
}

/** Measures the candidate, the baseline and earlier releases on the same test cases, each through its own file. */
async function measureReleases(
  { candidate, popularity }: Record<'candidate' | 'popularity', TrainedCandidate>,
  split: Split,
  { interactions, current, recent, onProgress }: TrainingInput,
): Promise<Measured> {
  const measure = (name: string, file: Uint8Array, itemIds: readonly string[]) => {
    onProgress(`measuring ${name}`);
    return measureFile(file, itemIds, split, interactions.itemIds);
  };
  const measureEarlier = async (name: string, { version, model, itemIds }: EarlierRelease) => ({
    version,
    ...(await measure(name, model, itemIds)),
  });
  const measured: Measured = {
    candidate: await measure('the candidate', candidate.file, candidate.model.itemIds),
    popularity: await measure('popularity', popularity.file, popularity.model.itemIds),
    current: current && (await measureEarlier('the release in use', current)),
    recent: [],
  };
  for (const release of recent) measured.recent.push(await measureEarlier(release.version, release));
  return measured;
}

const listRecent = ({ current, recent }: Measured): MeasuredRelease[] =>
  current === undefined ? recent : [current, ...recent];

/** The best of the last releases; null before the first. */
function describeBest(measured: Measured): ReleaseManifest['metrics']['best'] {
  const [best] = listRecent(measured).toSorted((a, b) => b.metrics['ndcg@10'] - a.metrics['ndcg@10']);
  return best === undefined ? null : { version: best.version, metrics: best.metrics };
}

async function measureFile(
  file: Uint8Array,
  itemIds: readonly string[],
  { test, training }: Split,
  knownIds: readonly string[],
): Promise<MeasuredFile> {
  const scorer = await openScorer(file, itemIds);
  try {
    const ranking = await rankTargets(scorer, test);
    const catalogueSize = new Set([...knownIds, ...itemIds]).size;
    const listMetrics = computeListMetrics({ lists: ranking.lists, itemIds, training, catalogueSize });
    return {
      ndcgAt10: measureUsers(ranking)['ndcg@10'],
      metrics: { users: test.length, ...computeRankingMetrics(ranking), ...listMetrics },
    };
  } finally {
    await scorer.release();
  }
}

const describeProtocol = (share: number, countedUntil: number): string =>
  `the last interaction of ${Math.round(100 * share)}% of the players, held out` +
  (countedUntil === -Infinity ? '' : `, if it is later than ${new Date(countedUntil).toISOString()}`) +
  '; whole catalogue, history left out, ties count against';

function explainInsufficientData(
  { userIds, itemIds }: Interactions,
  { test, validation }: Pick<Split, 'test' | 'validation'>,
  countedUntil: number,
): string | undefined {
  if (userIds.length === 0) return 'no player has played, liked, wishlisted, bought or highly rated a game yet';
  if (userIds.length === 1) return 'only one player has interactions: there are no others to learn from';
  if (itemIds.length === 1) return 'only one game has interactions: there is nothing to rank';
  if (countedUntil > Number.NEGATIVE_INFINITY && validation.length === 0)
    return (
      `no held-out player has two interactions after ${new Date(countedUntil).toISOString()}, until when ` +
      'pairs were counted for this release or for an earlier one: count until an earlier day, or wait for interactions'
    );
  if (test.length === 0) return 'no player has interactions with two games: which games go together is unknown';
  if (validation.length === 0)
    return 'no player has interactions with three games: no data is left to compare models on';
  return undefined;
}

/**
 * The time after which interactions may be held out: counts, including those of earlier releases, contain interactions
 * of held-out players. −Infinity without counts.
 */
const findCountedUntil = ({ counts = {}, current, recent }: Pick<TrainingInput, 'counts' | 'current' | 'recent'>) =>
  Math.max(
    findNewestCounted(counts),
    ...[...(current === undefined ? [] : [current]), ...recent].map(({ countedUntil }) =>
      countedUntil === undefined ? -Infinity : Date.parse(countedUntil),
    ),
  );

function describeData({ snapshot, counts = {} }: TrainingInput, training: Interactions): ReleaseManifest['data'] {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  training.starts.forEach((start, user) => {
    const end = training.ends[user]!;
    if (start === end) return;
    from = Math.min(from, training.timestamps[start]!);
    until = Math.max(until, training.timestamps[end - 1]!);
  });
  return {
    snapshot: snapshot.version,
    lastSequences: snapshot.lastSequences,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    users: training.userIds.length,
    interactions: countInteractions(training),
    ...(Object.keys(counts).length > 0 && { countedUntil: new Date(findNewestCounted(counts)).toISOString() }),
  };
}
