// Gathers what one answer is computed from, each part within its share of the time and with a named fallback, and
// scores the player's history with the model. It decides nothing about what is shown: workers/recommending does.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Tier } from '../../models/contracts/gallery.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE, type HistoryItem, type UserState } from '../../models/contracts/signals.ts';
import { computeGenreAffinity, type GenreAffinity } from '../../models/features/affinity.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { createRng } from '../../models/features/rng.ts';
import { readNeighbours } from '../inference/neighbours.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { ModelScores, PredictActions, RankingInput } from '../recommending/ranking-input.ts';
import { selectRulesInForce } from '../recommending/rules.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { Budget } from './budget.ts';
import { type Isolate, isolate as thisIsolate } from './isolate.ts';
import { joinSafety, recallSafety, rememberSafety } from './safety.ts';

/** What an answer is asked for. */
export interface RecommendationRequest {
  env: Env;
  /** Whom the answer is for; undefined where it is for everybody. */
  userId: string | undefined;
  /** The player's signals, where the caller has them: else the player's object is asked. */
  user?: UserState;
  context: RequestContext;
  budget: Budget;
  /** This one, if left out. */
  isolate?: Isolate;
  waitUntil(promise: Promise<unknown>): void;
}

export interface Answer {
  recommendationId: string;
  tier: Tier;
  release: string | null;
  generatedAt: string;
  dataUntil: string | null;
  degraded: string[];
}

export interface HydratedRequest {
  input: RankingInput;
  answer: Answer;
  /** What a gallery that was made before is better than, if anything. */
  missing: 'signals' | 'catalogue' | 'model' | undefined;
  /** Nobody knows who the player is. */
  isUnknownUser: boolean;
  /** This isolate has never read the catalogue, or never the rules of what may be shown of it. */
  isCold: boolean;
}

/** Where nobody can say whom the answer is for, nothing is shown that is for adults alone. */
const UNKNOWN_USER_RULE: Rule = {
  ruleId: 'unknown-player',
  ...RuleInput.parse({ action: 'exclude', match: { ageRatingMin: 18 }, reason: 'who the player is cannot be read' }),
};

export async function hydrate({
  env,
  userId,
  user: given,
  context,
  budget,
  isolate = thisIsolate,
  waitUntil,
}: RecommendationRequest): Promise<HydratedRequest> {
  const now = Date.now();
  const degraded: string[] = [];
  const patience = budget.for('held');
  const [catalogueReading, statisticsReading, releaseReading, rulesReading, read] = await Promise.all([
    isolate.getCatalogue(env, now, waitUntil, patience),
    isolate.getStatistics(env, now, waitUntil, patience),
    isolate.getRelease(env, now, waitUntil, patience),
    isolate.getRules(env, now, waitUntil, patience),
    userId === undefined || given !== undefined
      ? { user: given ?? EMPTY_USER_STATE, complete: true }
      : readView(env, userId, context, budget.for('signals'), degraded),
  ]);
  for (const { failure } of [catalogueReading, statisticsReading, releaseReading, rulesReading])
    if (failure !== undefined) degraded.push(failure);

  const recalled = read.complete || userId === undefined ? undefined : recallSafety(userId);
  const user = recalled === undefined ? read.user : joinSafety(read.user, recalled);
  const isStranger = !read.complete && recalled === undefined;
  const isCold = catalogueReading.value === undefined || rulesReading.value === undefined;
  if (isStranger)
    degraded.push('safety: the player’s object does not say for whom this is; games for adults are left out');

  const catalogue = catalogueReading.value ?? new Catalogue();
  // Asked only now: while the signals were awaited a newer release may have come in, and the old one been let go.
  const release = isolate.peekRelease().value;
  const isNewcomer = user.history.length === 0;
  const personal = release === undefined ? null : await scoreHistory(release, user.history, degraded);
  const modelFailed = degraded.some((step) => /^(release|model)\b/.test(step));
  const recommendationId = crypto.randomUUID();
  return {
    input: {
      catalogue,
      statistics: statisticsReading.value?.statistics ?? null,
      popularity: statisticsReading.value?.popularity ?? new Map(),
      user,
      affinity: computeAffinity(user, catalogue),
      context,
      rules: selectRules(isStranger, rulesReading.value?.rules ?? [], context),
      modelScores: personal,
      predictActions: release === undefined || release.ranker === null ? null : predictActions(isolate, degraded),
      releaseItems: release?.itemIndices ?? null,
      neighboursOf: (itemId) => (release === undefined ? [] : readNeighbours(release, itemId)),
      random: createRng(recommendationId),
      today: new Date(now).toISOString().slice(0, 10),
    },
    answer: {
      recommendationId,
      tier: personal !== null ? 'online' : 'statistics',
      release: release?.manifest.version ?? null,
      generatedAt: new Date(now).toISOString(),
      dataUntil: release?.manifest.data.until ?? null,
      degraded,
    },
    missing: !read.complete
      ? 'signals'
      : isCold
        ? 'catalogue'
        : !isNewcomer && personal === null && modelFailed
          ? 'model'
          : undefined,
    isUnknownUser: isStranger,
    isCold,
  };
}

/** Those in force now, and what holds for a stranger. */
export const selectRules = (isStranger: boolean, rules: readonly Rule[], context: RequestContext): Rule[] => [
  ...(isStranger ? [UNKNOWN_USER_RULE] : []),
  ...selectRulesInForce(rules, Date.now(), context),
];

/** What a player leans to, with the genres that they picked as the catalogue writes them. */
export const computeAffinity = ({ history, preferences }: UserState, catalogue: Catalogue): GenreAffinity[] =>
  computeGenreAffinity(
    history,
    (itemId) => catalogue.get(itemId)?.genres,
    preferences.genres.map((genre) => catalogue.spellGenre(genre)),
  );

/**
 * The player's signals as they are now. Not complete, and named as degraded, where the object does not answer in time, or
 * has not read the player's log yet: then nobody knows what must not be shown.
 */
async function readView(
  env: Env,
  userId: string,
  context: RequestContext,
  deadlineMs: number,
  degraded: string[],
): Promise<{ user: UserState; complete: boolean }> {
  try {
    const asked = env.USER_SIGNALS.getByName(userId).readUserState(userId, context);
    const { user, complete } = await withDeadline(asked, deadlineMs, 'signals');
    if (complete) rememberSafety(userId, user);
    else degraded.push('signals: the log of this player is not read yet');
    return { user, complete };
  } catch (error) {
    degraded.push(describe('signals', error));
    return { user: EMPTY_USER_STATE, complete: false };
  }
}

/** Null for a history of which the vocabulary knows no item, and where the model cannot answer. */
async function scoreHistory(
  { scorer, itemIds, itemIndices: places }: LoadedRelease,
  history: readonly HistoryItem[],
  degraded: string[],
): Promise<ModelScores | null> {
  if (!history.some(({ itemId }) => places.has(itemId))) return null;
  try {
    return { itemIds, scores: await scorer.score(encodeHistories([history], places)) };
  } catch (error) {
    degraded.push(describe('model', error));
    return null;
  }
}

/** By the release that is held when it is called: what was held before an await may have been let go. */
const predictActions =
  (isolate: Isolate, degraded: string[]): PredictActions =>
  async (features, candidates) => {
    try {
      const ranker = isolate.peekRelease().value?.ranker;
      if (!ranker) throw new Error('the release that came meanwhile has no ranking model');
      const probabilities = await ranker.predict(features, candidates);
      if (!probabilities.every(Number.isFinite)) throw new Error('the ranking model answers what is no number');
      return probabilities;
    } catch (error) {
      degraded.push(describe('ranking', error));
      throw error;
    }
  };

/** A deadline's message names its step already. */
const describe = (step: string, error: unknown): string => {
  const { message } = error as Error;
  return message.startsWith(`${step}: `) ? message : `${step}: ${message}`;
};
