// Makes the ranking input of one answer: reads its inputs, decides by which plan it is composed, and scores the
// player’s history. It does not decide what is shown: workers/recommending does.

import type { Assignment } from '../../models/contracts/assignment.ts';
import type { Degradation, Tier } from '../../models/contracts/gallery.ts';
import { NO_NEIGHBOURS } from '../../models/contracts/neighbours.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { computeGenreAffinity, type GenreAffinity } from '../../models/features/affinity.ts';
import { createRng } from '../../models/features/rng.ts';
import { readNeighbours } from '../inference/neighbours.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { listFailures } from './degradation.ts';
import { isolate as thisIsolate } from './isolate.ts';
import { createPlan, type Plan } from './plan.ts';
import { planAnswer } from './plan-answer.ts';
import { type Caches, type Inputs, readInputs } from './read-inputs.ts';
import type { SignalsRead } from './read-signals.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { createPredictor, type HistoryScores, runAlone, scoreHistory } from './run-models.ts';
import { selectRules } from './select-rules.ts';

export interface Answer {
  recommendationId: string;
  tier: Tier;
  release: string | null;
  generatedAt: string;
  dataUntil: string | null;
  degraded: Degradation[];
  /** The player's variants, of the experiments that made a difference to this answer. */
  experiments: Assignment[];
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
  plan: Plan;
  /** True if a variant failed, so that the plan is the default. */
  hasFailed: boolean;
  /** The same request by another plan. */
  follow(plan: Plan): Promise<HydratedRequest>;
}

export async function hydrate(request: RecommendationRequest): Promise<HydratedRequest> {
  const inputs = await readInputs(request);
  const plan = planAnswer(request, inputs);
  const hydrated = await prepare(request, inputs, plan);
  const hasFailed = hydrated.missing === 'model' && plan.release !== undefined;
  return hasFailed ? fallBack(hydrated, hydrated.answer.degraded) : hydrated;
}

/** The request by the default plan, since the player's variants failed; their experiments count the failure. */
export async function fallBack(
  { plan: { assigned }, follow }: HydratedRequest,
  reasons: readonly Degradation[],
): Promise<HydratedRequest> {
  const hydrated = await follow(createPlan('full'));
  const known = new Set(hydrated.answer.degraded);
  const failed = { ...hydrated, plan: { ...hydrated.plan, assigned }, hasFailed: true };
  return addDegraded(
    failed,
    reasons.filter((reason) => !known.has(reason)),
  );
}

async function prepare(request: RecommendationRequest, inputs: Inputs, plan: Plan): Promise<HydratedRequest> {
  const { context, isolate = thisIsolate, models = runAlone(isolate) } = request;
  const { caches, signals, recommendationId, now, today } = inputs;
  // Read only now: while the signals were awaited, a newer release may have replaced and retired the old one.
  const release = plan.release === undefined ? isolate.peekRelease().value : isolate.findRelease(plan.release);
  if (release === undefined && plan.release !== undefined) throw new Error(`${plan.release} is not loaded`);
  const { user, earlier, isUnknownUser } = signals;
  const ranked = earlier ?? user;
  const scored = await scoreHistory(release, ranked.history, models);
  const catalogue = caches.catalogue.value ?? new Catalogue();
  return {
    input: {
      settings: plan.settings,
      catalogue,
      statistics: caches.statistics.value?.statistics ?? null,
      user,
      earlierUser: earlier,
      affinity: computeAffinity(ranked, catalogue),
      context,
      rules: selectRules(isUnknownUser, caches.rules.value ?? [], context),
      modelScores: scored.scores,
      predictActions: createPredictor(release, models),
      releaseItems: release?.itemIndices ?? null,
      neighboursOf: (itemId) => (release === undefined ? NO_NEIGHBOURS : readNeighbours(release, itemId)),
      random: createRng(recommendationId),
      today,
    },
    answer: {
      recommendationId,
      tier: scored.scores !== null ? 'online' : 'statistics',
      release: release?.manifest.version ?? null,
      generatedAt: new Date(now).toISOString(),
      dataUntil: release?.manifest.data.until ?? null,
      degraded: [...signals.degraded, ...listFailures(caches), ...scored.degraded],
      experiments: [],
    },
    missing: findMissing(caches, signals, release, scored),
    isUnknownUser,
    isCold: isCold(caches),
    rankingFailure: release?.ranking.failure,
    plan,
    hasFailed: false,
    follow: (other) => prepare(request, inputs, other),
  };
}

export const addDegraded = <T extends { answer: Answer }>(of: T, degraded: readonly Degradation[]): T => ({
  ...of,
  answer: { ...of.answer, degraded: [...of.answer.degraded, ...degraded] },
});

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
    catalogue.columns,
    preferences.genres.map((genre) => catalogue.spellGenre(genre)),
  );
