// The offline road as one function: hold out, train, measure, judge, and put together the release. It reads and
// publishes nothing; scripts/train.ts does.

import { collectNeighbours } from '../algorithms/nearest.ts';
import { sha256Hex } from '../contracts/digest.ts';
import { NEIGHBOURS_PER_ITEM_MAX } from '../contracts/neighbours.ts';
import type { ReleaseFiles, ReleaseManifest } from '../contracts/release.ts';
import { fail, ok, type Result } from '../contracts/result.ts';
import { computeHoldOutShare, isHeldOut } from '../data/hold-out.ts';
import { countInteractions, type Interactions } from '../data/interactions.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { splitLeaveOneOut } from '../evaluation/leave-one-out.ts';
import { computeListMetrics } from '../evaluation/list-metrics.ts';
import { computeRankingMetrics, measureUsers } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';
import type { ShownRow } from '../ranking/impressions.ts';
import { type RankingContents, type RankingOutcome, trainRanker } from '../ranking/train-ranker.ts';
import { judge, type Verdict } from './gate.ts';
import { sealRelease } from './seal-release.ts';
import { type SearchInput, type SearchResult, searchAlgorithms } from './search.ts';

export interface TrainingInput extends Omit<SearchInput, 'interactions' | 'validation'> {
  /** All of them: what is held out is decided here. */
  interactions: Interactions;
  snapshot: { version: string; lastSequence: number };
  /** What answers showed, and what was done with it. */
  rows: readonly ShownRow[];
  /** The release in use, to be measured beside the candidate; undefined where there is none. */
  current: { itemIds: readonly string[]; model: Uint8Array; ranking?: RankingContents | undefined } | undefined;
}

export interface TrainedRelease extends ReleaseFiles {
  verdict: Verdict;
  /** What was chosen from: NDCG@10 on the validation split, and how long each took. */
  candidates: { algorithm: string; validation: number; trainSeconds: number }[];
  /** What is not among them, or ended before it was done, and why. */
  missing: SearchResult['missing'];
  ranker: Pick<RankingOutcome, 'outcome' | 'reason'>;
}

/** Fails where there is too little to learn from, saying what is missing. */
export async function trainRelease(input: TrainingInput): Promise<Result<TrainedRelease, string>> {
  const { interactions, clock, onProgress } = input;
  const share = computeHoldOutShare(interactions.userIds.length);
  const { training, validation, test } = splitLeaveOneOut(interactions, (userId) => isHeldOut(userId, share), 2);
  const poverty = explainInsufficientData(interactions, test.length, validation.length);
  if (poverty !== undefined) return fail(poverty);

  const startedAt = clock();
  const { candidates, selected, vocabulary, missing } = await searchAlgorithms({
    ...input,
    interactions: training,
    validation,
  });
  const popularity = candidates.find(({ model }) => model.algorithm === 'popularity');
  if (selected === undefined || popularity === undefined)
    return fail('no algorithm could learn from what is left to it');
  const { model, file } = selected;
  const trainSeconds = (clock() - startedAt) / 1000;

  const measure = async (step: string, candidate: Uint8Array, itemIds: readonly string[]) => {
    onProgress(`measuring ${step}`);
    const scorer = await openScorer(candidate, itemIds);
    try {
      const ranking = await rankTargets(scorer, test);
      const catalogueSize = new Set([...interactions.itemIds, ...itemIds]).size;
      const shown = { lists: ranking.lists, itemIds, training, catalogueSize };
      return {
        ndcgAt10: measureUsers(ranking)['ndcg@10'],
        metrics: { users: test.length, ...computeRankingMetrics(ranking), ...computeListMetrics(shown) },
      };
    } finally {
      await scorer.release();
    }
  };
  const measured = {
    candidate: await measure('the candidate', file, model.itemIds),
    popularity: await measure('popularity', popularity.file, popularity.model.itemIds),
    current: input.current && (await measure('the release in use', input.current.model, input.current.itemIds)),
  };

  onProgress('finding neighbours');
  const content = candidates.find((candidate) => candidate.model.algorithm === 'content')?.model.itemVectors;
  const sources = { model, content, counts: vocabulary.counts };
  const neighbours = await collectNeighbours(sources, NEIGHBOURS_PER_ITEM_MAX);
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
      data: { snapshot: input.snapshot.version, lastSequence: input.snapshot.lastSequence, ...describeRange(training) },
      metrics: {
        protocol: `the last choice of ${Math.round(100 * share)}% of the players, held out; whole catalogue, history left out, ties against`,
        candidate: measured.candidate.metrics,
        popularity: measured.popularity.metrics,
        current: measured.current?.metrics ?? null,
      },
      selfTest: await makeSelfTest({ file, itemIds: model.itemIds }, test),
      trainSeconds,
    },
    { model: file, itemIds: model.itemIds, neighbours, ranking },
  );
  const verdict = judge({
    candidate: measured.candidate.ndcgAt10,
    popularity: measured.popularity.ndcgAt10,
    current: measured.current?.ndcgAt10,
  });
  return ok({
    ...files,
    verdict,
    missing,
    ranker,
    candidates: candidates.map(({ model: { algorithm }, validation: ndcg, trainSeconds: seconds }) => ({
      algorithm,
      validation: ndcg,
      trainSeconds: seconds,
    })),
  });
}

function explainInsufficientData(
  { userIds, itemIds }: Interactions,
  asked: number,
  choosing: number,
): string | undefined {
  if (userIds.length === 0) return 'no player has chosen a game yet (played, liked, wished for, bought or rated well)';
  if (userIds.length === 1) return 'one player alone has chosen games: there is nobody to learn from';
  if (itemIds.length === 1) return 'one game alone was chosen: there is nothing to rank';
  if (asked === 0) return 'no player has chosen two games: nothing says which games go together';
  if (choosing === 0) return 'no player has chosen three games: nothing is left to choose a model by';
  return undefined;
}

function describeRange(training: Interactions) {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  training.starts.forEach((start, user) => {
    const end = training.ends[user]!;
    if (start === end) return;
    from = Math.min(from, training.timestamps[start]!);
    until = Math.max(until, training.timestamps[end - 1]!);
  });
  return {
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    users: training.userIds.length,
    interactions: countInteractions(training),
  };
}

const SELF_TEST_CANDIDATES = 100;
const SELF_TEST_LENGTH = 10;

/** The longest of the first hundred histories, and the ten items that the file itself scores highest for it. */
async function makeSelfTest(
  { file, itemIds }: { file: Uint8Array; itemIds: readonly string[] },
  cases: Iterable<EvaluationCase>,
): Promise<ReleaseManifest['selfTest']> {
  let longest: EvaluationCase['history'] = [];
  let seen = 0;
  for (const { history } of cases) {
    if (history.length > longest.length) longest = history;
    if (++seen === SELF_TEST_CANDIDATES) break;
  }
  const encoded = encodeHistories([longest], new Map(itemIds.map((itemId, place) => [itemId, place])));
  const scorer = await openScorer(file, itemIds);
  const scores = await scorer.score(encoded).finally(() => scorer.release());
  const best = Array.from(scores, (score, place) => ({ itemIndex: place, score })).sort(
    (a, b) => b.score - a.score || a.itemIndex - b.itemIndex,
  );
  return {
    items: [...encoded.items],
    weights: [...encoded.weights],
    ages: [...encoded.ages],
    expected: best.slice(0, SELF_TEST_LENGTH),
  };
}
