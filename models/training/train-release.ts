// The offline road as one function: hold out, train, measure, judge, and put together the release. It reads and
// publishes nothing; scripts/train.ts does.

import { createHash } from 'node:crypto';
import { EASE_DEFAULTS, trainEase } from '../algorithms/ease.ts';
import { trainPopularity } from '../algorithms/popularity.ts';
import { releaseKey } from '../contracts/layout.ts';
import { RELEASE_SCHEMA, type ReleaseManifest, SIGNATURE } from '../contracts/release.ts';
import { fail, ok, type Result } from '../contracts/result.ts';
import { leaveOneOut, type RankingCase, rankingCases } from '../evaluation/leave-one-out.ts';
import { rankingMetrics } from '../evaluation/metrics.ts';
import { rankTargets } from '../evaluation/ranking.ts';
import { encodeHistories } from '../features/history.ts';
import { judge, type Verdict } from './gate.ts';
import { holdOutShare, isHeldOut } from './hold-out.ts';
import { countInteractions, type Interactions } from './interactions.ts';
import { openScorer } from './session.ts';

export interface TrainingInput {
  interactions: Interactions;
  snapshot: { version: string; lastSequence: number };
  /** The release in use, to be measured beside the candidate; undefined where there is none. */
  current: { itemIds: readonly string[]; model: Uint8Array } | undefined;
  /** Epoch milliseconds. */
  clock: () => number;
  /** `share`: of this step that is done, 0–1. */
  onProgress?: (step: string, share?: number) => void;
}

export interface TrainedRelease {
  manifest: ReleaseManifest;
  model: Uint8Array;
  vocabulary: Uint8Array;
  verdict: Verdict;
}

/** Fails where there is too little to learn from, saying what is missing. */
export async function trainRelease(input: TrainingInput): Promise<Result<TrainedRelease, string>> {
  const { interactions, clock, onProgress = () => {} } = input;
  const share = holdOutShare(interactions.userIds.length);
  const split = leaveOneOut(interactions, (userId) => isHeldOut(userId, share), { lengthMin: 2, removed: 1 });
  const { training, heldOut } = split;
  const poverty = describePoverty(interactions, heldOut.length);
  if (poverty !== undefined) return fail(poverty);

  const startedAt = clock();
  onProgress('training');
  const ease = await trainEase(training, EASE_DEFAULTS, (done) => onProgress('training', done));
  const trainSeconds = (clock() - startedAt) / 1000;
  const popularity = await trainPopularity(training);

  const cases = () => rankingCases(interactions, heldOut);
  const rank = async (step: string, model: Uint8Array, itemIds: readonly string[]) => {
    onProgress(`measuring ${step}`);
    const scorer = await openScorer(model, itemIds);
    try {
      return await rankTargets(scorer, cases());
    } finally {
      await scorer.release();
    }
  };
  const ranks = {
    candidate: await rank('the candidate', ease.file, ease.itemIds),
    popularity: await rank('popularity', popularity.file, popularity.itemIds),
    current: input.current && (await rank('the release in use', input.current.model, input.current.itemIds)),
  };

  const vocabulary = new TextEncoder().encode(JSON.stringify(ease.itemIds));
  const createdAt = new Date(clock()).toISOString();
  const version = `${createdAt.replaceAll(/[-:]|\.\d+/g, '')}-${ease.algorithm}-${sha256(ease.file).slice(0, 8)}`;
  const describe = (file: 'model.onnx' | 'vocabulary.json', bytes: Uint8Array) => ({
    key: releaseKey(version, file),
    bytes: bytes.length,
    sha256: sha256(bytes),
  });
  const manifest: ReleaseManifest = {
    schema: RELEASE_SCHEMA,
    version,
    algorithm: ease.algorithm,
    parameters: ease.parameters,
    createdAt,
    signature: SIGNATURE,
    items: ease.itemIds.length,
    model: describe('model.onnx', ease.file),
    vocabulary: describe('vocabulary.json', vocabulary),
    plain: ease.plain,
    data: { snapshot: input.snapshot.version, lastSequence: input.snapshot.lastSequence, ...describeRange(training) },
    metrics: {
      protocol: `the last choice of ${Math.round(100 * share)}% of the players, held out; whole catalogue, history left out, ties against`,
      candidate: rankingMetrics(ranks.candidate),
      popularity: rankingMetrics(ranks.popularity),
      current: ranks.current === undefined ? null : rankingMetrics(ranks.current),
    },
    selfTest: await makeSelfTest(ease, cases()),
    trainSeconds,
  };
  return ok({ manifest, model: ease.file, vocabulary, verdict: judge(ranks) });
}

function describePoverty({ userIds, itemIds }: Interactions, heldOut: number): string | undefined {
  if (userIds.length === 0) return 'no player has chosen a game yet (played, liked, wished for, bought or rated well)';
  if (userIds.length === 1) return 'one player alone has chosen games: there is nobody to learn from';
  if (itemIds.length === 1) return 'one game alone was chosen: there is nothing to rank';
  if (heldOut === 0) return 'no player has chosen two games: nothing says which games go together';
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
  cases: Iterable<RankingCase>,
): Promise<ReleaseManifest['selfTest']> {
  let longest: RankingCase['history'] = [];
  let seen = 0;
  for (const { history } of cases) {
    if (history.length > longest.length) longest = history;
    if (++seen === SELF_TEST_CANDIDATES) break;
  }
  const encoded = encodeHistories([longest], new Map(itemIds.map((itemId, place) => [itemId, place])));
  const scorer = await openScorer(file, itemIds);
  const scores = await scorer.score(encoded);
  await scorer.release();
  const best = Array.from(scores, (score, place) => ({ place, score })).sort(
    (a, b) => b.score - a.score || a.place - b.place,
  );
  return {
    items: [...encoded.items],
    weights: [...encoded.weights],
    ages: [...encoded.ages],
    expected: best.slice(0, SELF_TEST_LENGTH),
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
