// Gathers what one answer is computed from, each part within its share of the time and with a named fallback, and
// scores the player's history with the model. It decides nothing about what is shown: workers/recommending does.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Tier } from '../../models/contracts/gallery.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_VIEW, type HistoryItem, type UserView } from '../../models/contracts/signals.ts';
import { type GenreAffinity, genreAffinity } from '../../models/features/affinity.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { createDice } from '../../models/features/rng.ts';
import { readNeighbours } from '../inference/neighbours.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { ModelScores, Moment, PredictActions } from '../recommending/ranking-input.ts';
import { rulesInForce } from '../recommending/rules.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { Budget } from './budget.ts';
import { type Isolate, isolate as thisIsolate } from './isolate.ts';
import { joinSafety, recallSafety, rememberSafety } from './safety.ts';

/** What an answer is asked for. */
export interface Asking {
  env: Env;
  /** Whom the answer is for; undefined where it is for everybody. */
  userId: string | undefined;
  /** The player's signals, where the caller has them: else the player's object is asked. */
  view?: UserView;
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

export interface Gathered {
  moment: Moment;
  answer: Answer;
  /** What a gallery that was made before is better than, if anything. */
  lacking: 'signals' | 'catalogue' | 'model' | undefined;
  /** Nobody knows who the player is. */
  isStranger: boolean;
  /** This isolate has never read the catalogue, or never the rules of what may be shown of it. */
  isCold: boolean;
}

/** Where nobody can say whom the answer is for, nothing is shown that is for adults alone. */
const NOT_FOR_STRANGERS: Rule = {
  ruleId: 'unknown-player',
  ...RuleInput.parse({ action: 'exclude', match: { ageRatingMin: 18 }, reason: 'who the player is cannot be read' }),
};

export async function gather({
  env,
  userId,
  view: given,
  context,
  budget,
  isolate = thisIsolate,
  waitUntil,
}: Asking): Promise<Gathered> {
  const now = Date.now();
  const degraded: string[] = [];
  const patience = budget.for('held');
  const [catalogueReading, statisticsReading, releaseReading, rulesReading, read] = await Promise.all([
    isolate.holdCatalogue(env, now, waitUntil, patience),
    isolate.holdStatistics(env, now, waitUntil, patience),
    isolate.holdRelease(env, now, waitUntil, patience),
    isolate.holdRules(env, now, waitUntil, patience),
    userId === undefined || given !== undefined
      ? { view: given ?? EMPTY_VIEW, complete: true }
      : readView(env, userId, context, budget.for('signals'), degraded),
  ]);
  for (const { failure } of [catalogueReading, statisticsReading, releaseReading, rulesReading])
    if (failure !== undefined) degraded.push(failure);

  const recalled = read.complete || userId === undefined ? undefined : recallSafety(userId);
  const view = recalled === undefined ? read.view : joinSafety(read.view, recalled);
  const isStranger = !read.complete && recalled === undefined;
  const isCold = catalogueReading.value === undefined || rulesReading.value === undefined;
  if (isStranger)
    degraded.push('safety: the player’s object does not say for whom this is; games for adults are left out');

  const catalogue = catalogueReading.value ?? new Catalogue();
  // Asked only now: while the signals were awaited a newer release may have come in, and the old one been let go.
  const release = isolate.heldRelease().value;
  const isNewcomer = view.history.length === 0;
  const personal = release === undefined ? null : await scoreHistory(release, view.history, degraded);
  const modelFailed = degraded.some((step) => /^(release|model)\b/.test(step));
  const recommendationId = crypto.randomUUID();
  return {
    moment: {
      catalogue,
      statistics: statisticsReading.value?.statistics ?? null,
      popularity: statisticsReading.value?.popularity ?? new Map(),
      view,
      affinity: affinityOf(view, catalogue),
      context,
      rules: rulesFor(isStranger, rulesReading.value?.rules ?? [], context),
      personal,
      predict: release === undefined || release.ranker === null ? null : predictActions(isolate, degraded),
      learnt: release?.places ?? null,
      neighboursOf: (itemId) => (release === undefined ? [] : readNeighbours(release, itemId)),
      random: createDice(recommendationId),
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
    lacking: !read.complete
      ? 'signals'
      : isCold
        ? 'catalogue'
        : !isNewcomer && personal === null && modelFailed
          ? 'model'
          : undefined,
    isStranger,
    isCold,
  };
}

/** Those in force now, and what holds for a stranger. */
export const rulesFor = (isStranger: boolean, rules: readonly Rule[], context: RequestContext): Rule[] => [
  ...(isStranger ? [NOT_FOR_STRANGERS] : []),
  ...rulesInForce(rules, Date.now(), context),
];

/** What a player leans to, with the genres that they picked as the catalogue writes them. */
export const affinityOf = ({ history, preferences }: UserView, catalogue: Catalogue): GenreAffinity[] =>
  genreAffinity(
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
): Promise<{ view: UserView; complete: boolean }> {
  try {
    const asked = env.USER_SIGNALS.getByName(userId).view(userId, context);
    const { view, complete } = await withDeadline(asked, deadlineMs, 'signals');
    if (complete) rememberSafety(userId, view);
    else degraded.push('signals: the log of this player is not read yet');
    return { view, complete };
  } catch (error) {
    degraded.push(describe('signals', error));
    return { view: EMPTY_VIEW, complete: false };
  }
}

/** Null for a history of which the vocabulary knows no item, and where the model cannot answer. */
async function scoreHistory(
  { scorer, itemIds, places }: LoadedRelease,
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
      const ranker = isolate.heldRelease().value?.ranker;
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
