// Gathers what one answer is computed from, each part within its deadline and with a named fallback, and scores it with
// the model in one run. It decides nothing about what is shown: workers/recommending does.

import type { Context } from 'hono';
import type { Tier } from '../../models/contracts/gallery.ts';
import { EMPTY_VIEW, type HistoryItem, type UserView } from '../../models/contracts/signals.ts';
import { genreAffinity } from '../../models/features/affinity.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { chooseAnchors } from '../recommending/anchors.ts';
import type { ModelScores, Moment } from '../recommending/moment.ts';
import type { Anchor } from '../recommending/recommend.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import { heldRelease, holdCatalogue, holdRelease, holdStatistics } from './isolate.ts';

const SIGNALS_DEADLINE_MS = 100;

/** Whom or what an answer is for; neither: for everybody. */
export interface Question {
  userId?: string;
  /** How many of the player's own games get neighbours. */
  anchors?: number;
  /** A game whose neighbours are asked for. */
  itemId?: string;
}

export interface Gathered {
  moment: Moment;
  anchors: Anchor[];
  answer: {
    recommendationId: string;
    tier: Tier;
    release: string | null;
    generatedAt: string;
    dataUntil: string | null;
    degraded: string[];
  };
}

export async function gather(c: Context<{ Bindings: Env }>, question: Question): Promise<Gathered> {
  const now = Date.now();
  const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise);
  const degraded: string[] = [];
  const [catalogueReading, statisticsReading, releaseReading, view] = await Promise.all([
    holdCatalogue(c.env, now, waitUntil),
    holdStatistics(c.env, now, waitUntil),
    holdRelease(c.env, now, waitUntil),
    question.userId === undefined ? EMPTY_VIEW : readView(c.env, question.userId, degraded),
  ]);
  for (const { failure } of [catalogueReading, statisticsReading, releaseReading])
    if (failure !== undefined) degraded.push(failure);

  const catalogue = catalogueReading.value ?? new Catalogue();
  const chosen = chooseAnchors(view.history, catalogue, question.anchors ?? 0);
  const asked = question.itemId === undefined ? undefined : catalogue.get(question.itemId);
  if (asked !== undefined) chosen.push({ item: asked, because: '' });
  const [personal, ...neighbours] = await scoreHistories(
    [view.history, ...chosen.map(({ item }) => [{ itemId: item.itemId, weight: 1, ageDays: 0 }])],
    degraded,
  );
  const anchors = chosen.map((anchor, place) => ({ ...anchor, scores: neighbours[place] ?? null }));
  const ranked = personal != null || anchors.some(({ scores }) => scores !== null);

  const manifest = heldRelease().value?.manifest;
  return {
    moment: {
      catalogue,
      statistics: statisticsReading.value?.statistics ?? null,
      popularity: statisticsReading.value?.popularity ?? new Map(),
      view,
      affinity: genreAffinity(view.history, (itemId) => catalogue.get(itemId)?.genres),
      personal: personal ?? null,
      today: new Date(now).toISOString().slice(0, 10),
    },
    anchors,
    answer: {
      recommendationId: crypto.randomUUID(),
      tier: ranked ? 'online' : 'statistics',
      release: manifest?.version ?? null,
      generatedAt: new Date(now).toISOString(),
      dataUntil: manifest?.data.until ?? null,
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

/** Scores each history in one run; null for one of which the vocabulary knows no item, or where no model can answer. */
async function scoreHistories(
  histories: readonly (readonly Pick<HistoryItem, 'itemId' | 'weight' | 'ageDays'>[])[],
  degraded: string[],
): Promise<(ModelScores | null)[]> {
  // Asked only now: while the signals were awaited a newer release may have come in, and the old one been let go.
  const release = heldRelease().value;
  const known = histories.map((history) => history.some(({ itemId }) => release?.places.has(itemId)));
  if (release === undefined || !known.includes(true)) return histories.map(() => null);
  try {
    const asked = histories.filter((_, place) => known[place]);
    const scores = await release.scorer.score(encodeHistories(asked, release.places));
    const length = release.itemIds.length;
    let row = 0;
    return known.map((isKnown) => {
      if (!isKnown) return null;
      const from = row++ * length;
      return { itemIds: release.itemIds, scores: scores.subarray(from, from + length) };
    });
  } catch (error) {
    degraded.push(`model: ${(error as Error).message}`);
    return histories.map(() => null);
  }
}
