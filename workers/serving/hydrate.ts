// Collects the inputs of one answer, each within its share of the time limit and with a named fallback, and scores the
// player's history. It does not decide what is shown: workers/recommending does.

import { DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import type { RequestContext } from '../../models/contracts/context.ts';
import type { Degradation, Tier } from '../../models/contracts/gallery.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE, type UserState } from '../../models/contracts/signals.ts';
import { computeGenreAffinity, type GenreAffinity } from '../../models/features/affinity.ts';
import { createRng } from '../../models/features/rng.ts';
import { readNeighbours } from '../inference/neighbours.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import type { CacheRead } from '../storage/cache.ts';
import { Catalogue } from '../storage/catalogue.ts';
import type { LoadedStatistics } from '../storage/statistics.ts';
import type { Budget } from './budget.ts';
import { listFailures } from './degradation.ts';
import { type Isolate, isolate as thisIsolate } from './isolate.ts';
import { knownUser, readCachedSafety, readSignals, type SignalsRead, type UserStateRead } from './read-signals.ts';
import { createRecommendationId, type Moment, readMoment } from './recommendation-id.ts';
import { createPredictor, type HistoryScores, type Models, runAlone, scoreHistory } from './run-models.ts';
import { selectRules } from './select-rules.ts';

export interface RecommendationRequest {
  env: Env;
  /** Undefined for an answer that is the same for everybody. */
  userId: string | undefined;
  /** The player's signals, if the caller has them; otherwise they are read from the player's object. */
  user?: UserState;
  /** The answer of the player's object, if the caller already has it. */
  reading?: Promise<UserStateRead>;
  context: RequestContext;
  /** True if the player's object is to keep the context, and to compose later galleries for it. */
  keepsContext?: boolean;
  /** Id of an earlier answer that this one continues, in the same order. */
  recommendationId?: string | undefined;
  budget: Budget;
  /** The reason that the answer must be cheap; undefined for an ordinary one. */
  shedReason?: Degradation | undefined;
  /** The isolate that this code runs in, unless given. */
  isolate?: Isolate;
  /** Runs the models: for this answer alone, unless given. */
  models?: Models;
  waitUntil(promise: Promise<unknown>): void;
}

export interface Answer {
  recommendationId: string;
  tier: Tier;
  release: string | null;
  generatedAt: string;
  dataUntil: string | null;
  degraded: Degradation[];
}

export interface HydratedRequest {
  input: RankingInput;
  answer: Answer;
  /** The missing part without which a stored gallery is better than a new one. */
  missing: 'signals' | 'catalogue' | 'model' | undefined;
  isUnknownUser: boolean;
  /** True if this isolate has not read the catalogue or the rules yet. */
  isCold: boolean;
  /** Why the release serves without its ranking model; undefined if it does not. */
  rankingFailure: string | undefined;
}

/** One object for all answers: columns are kept for each (models/features/statistics-columns.ts). */
const NO_POPULARITY: ReadonlyMap<string, number> = new Map();

export async function hydrate(request: RecommendationRequest): Promise<HydratedRequest> {
  const { context, isolate = thisIsolate, models = runAlone(isolate) } = request;
  const now = Date.now();
  const earlierMoment = readMoment(request.recommendationId, now);
  const [caches, signals] = await Promise.all([readCaches(request, isolate, now), readUser(request, earlierMoment)]);
  // Read only now: while the signals were awaited, a newer release may have replaced and retired the old one.
  const release = isolate.peekRelease().value;
  const { user, earlier, isUnknownUser } = signals;
  const ranked = earlier ?? user;
  const scored = await scoreHistory(release, ranked.history, models);
  const catalogue = caches.catalogue.value ?? new Catalogue();
  const { recommendationId = createRecommendationId(signals.moment) } = request;
  return {
    input: {
      settings: DEFAULT_SETTINGS,
      catalogue,
      statistics: caches.statistics.value?.statistics ?? null,
      popularity: caches.statistics.value?.popularity ?? NO_POPULARITY,
      user,
      earlierUser: earlier,
      affinity: computeAffinity(ranked, catalogue),
      context,
      rules: selectRules(isUnknownUser, caches.rules.value ?? [], context),
      modelScores: scored.scores,
      predictActions: createPredictor(isolate, models),
      releaseItems: release?.itemIndices ?? null,
      neighboursOf: (itemId) => (release === undefined ? [] : readNeighbours(release, itemId)),
      random: createRng(recommendationId),
      today: new Date(earlierMoment?.at ?? now).toISOString().slice(0, 10),
    },
    answer: {
      recommendationId,
      tier: scored.scores !== null ? 'online' : 'statistics',
      release: release?.manifest.version ?? null,
      generatedAt: new Date(now).toISOString(),
      dataUntil: release?.manifest.data.until ?? null,
      degraded: [...signals.degraded, ...listFailures(caches), ...scored.degraded],
    },
    missing: findMissing(caches, signals, release, scored),
    isUnknownUser,
    isCold: isCold(caches),
    rankingFailure: release?.ranking.failure,
  };
}

export const addDegraded = <T extends { answer: Answer }>(of: T, degraded: readonly Degradation[]): T => ({
  ...of,
  answer: { ...of.answer, degraded: [...of.answer.degraded, ...degraded] },
});

interface Caches {
  catalogue: CacheRead<Catalogue>;
  statistics: CacheRead<LoadedStatistics | undefined>;
  release: CacheRead<LoadedRelease | undefined>;
  rules: CacheRead<readonly Rule[]>;
}

async function readCaches(
  { env, budget, shedReason, waitUntil }: RecommendationRequest,
  isolate: Isolate,
  now: number,
): Promise<Caches> {
  // A cheap answer waits for nothing: in a busy isolate even a timer is late.
  const waitMs = shedReason === undefined ? budget.getWaitMs('cached') : 0;
  const [catalogue, statistics, release, rules] = await Promise.all([
    isolate.getCatalogue(env, now, waitUntil, waitMs),
    isolate.getStatistics(env, now, waitUntil, waitMs),
    isolate.getRelease(env, now, waitUntil, waitMs),
    isolate.state.getRules(env, now, waitUntil, waitMs),
  ]);
  return { catalogue, statistics, release, rules };
}

async function readUser(request: RecommendationRequest, earlierMoment: Moment | undefined): Promise<SignalsRead> {
  const { env, userId, user, reading, keepsContext, budget, shedReason } = request;
  const context = keepsContext ? request.context : undefined;
  if (user !== undefined || userId === undefined) return knownUser(user ?? EMPTY_USER_STATE, shedReason);
  if (shedReason !== undefined) return readCachedSafety(userId, EMPTY_USER_STATE, shedReason);
  const read = () => reading ?? env.USER_SIGNALS.getByName(userId).readUserState(userId, context, earlierMoment);
  return readSignals(userId, read, budget.getWaitMs('signals'));
}

const isCold = ({ catalogue, rules }: Caches): boolean => catalogue.value === undefined || rules.value === undefined;

function findMissing(
  caches: Caches,
  { user, isComplete }: SignalsRead,
  release: LoadedRelease | undefined,
  scored: HistoryScores,
): HydratedRequest['missing'] {
  if (!isComplete) return 'signals';
  if (isCold(caches)) return 'catalogue';
  // A loaded release keeps serving even if a newer one cannot be read.
  const hasFailed = scored.degraded.length > 0 || (release === undefined && caches.release.failure !== undefined);
  return user.history.length > 0 && hasFailed ? 'model' : undefined;
}

/** The player's affinity for genres; picked genres are spelt as in the catalogue. */
export const computeAffinity = ({ history, preferences }: UserState, catalogue: Catalogue): GenreAffinity[] =>
  computeGenreAffinity(
    history,
    (itemId) => catalogue.readGenres(itemId),
    preferences.genres.map((genre) => catalogue.spellGenre(genre)),
  );
