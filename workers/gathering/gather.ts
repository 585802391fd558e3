// Gathers what one answer is computed from, each part within its deadline and with a named fallback, and scores the
// player's history with the model. It decides nothing about what is shown: workers/recommending does.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Tier } from '../../models/contracts/gallery.ts';
import { EMPTY_VIEW, type HistoryItem, type UserView } from '../../models/contracts/signals.ts';
import { genreAffinity } from '../../models/features/affinity.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { readNeighbours } from '../inference/neighbours.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { ModelScores, Moment } from '../recommending/moment.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import { createDice } from './dice.ts';
import { heldRelease, holdCatalogue, holdRelease, holdStatistics } from './isolate.ts';

const SIGNALS_DEADLINE_MS = 100;

/** What an answer is asked for. */
export interface Asking {
  env: Env;
  /** Whom the answer is for; undefined where it is for everybody. */
  userId: string | undefined;
  context: RequestContext;
  waitUntil(promise: Promise<unknown>): void;
}

export interface Gathered {
  moment: Moment;
  answer: {
    recommendationId: string;
    tier: Tier;
    release: string | null;
    generatedAt: string;
    dataUntil: string | null;
    degraded: string[];
  };
}

export async function gather({ env, userId, context, waitUntil }: Asking): Promise<Gathered> {
  const now = Date.now();
  const degraded: string[] = [];
  const [catalogueReading, statisticsReading, releaseReading, view] = await Promise.all([
    holdCatalogue(env, now, waitUntil),
    holdStatistics(env, now, waitUntil),
    holdRelease(env, now, waitUntil),
    userId === undefined ? EMPTY_VIEW : readView(env, userId, degraded),
  ]);
  for (const { failure } of [catalogueReading, statisticsReading, releaseReading])
    if (failure !== undefined) degraded.push(failure);

  const catalogue = catalogueReading.value ?? new Catalogue();
  // Asked only now: while the signals were awaited a newer release may have come in, and the old one been let go.
  const release = heldRelease().value;
  const personal = release === undefined ? null : await scoreHistory(release, view.history, degraded);
  const recommendationId = crypto.randomUUID();
  return {
    moment: {
      catalogue,
      statistics: statisticsReading.value?.statistics ?? null,
      popularity: statisticsReading.value?.popularity ?? new Map(),
      view,
      affinity: genreAffinity(view.history, (itemId) => catalogue.get(itemId)?.genres),
      context,
      rules: [],
      personal,
      predict: null,
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
  };
}

/** The player's signals as they are now; empty, and named as degraded, where the object does not answer in time. */
async function readView(env: Env, userId: string, degraded: string[]): Promise<UserView> {
  try {
    const { view, complete } = await withDeadline(
      env.USER_SIGNALS.getByName(userId).view(userId),
      SIGNALS_DEADLINE_MS,
      'signals',
    );
    if (!complete) degraded.push('signals: the log of this player is not read yet');
    return view;
  } catch (error) {
    degraded.push(`signals: ${(error as Error).message}`);
    return EMPTY_VIEW;
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
    degraded.push(`model: ${(error as Error).message}`);
    return null;
  }
}
