// The windows of popularity and trends, and lists of the best items, shared by the statistics of the world and of
// countries. D1 sums the weights (workers/storage/item-totals.ts).

import type { ItemScore, ItemTotals } from '../contracts/statistics.ts';

export const POPULARITY_HALF_LIFE_DAYS = 14;
/** With this half-life an older event would count for less than two percent. */
export const WINDOW_DAYS = 90;
/**
 * With fewer players in the window, the evidence is thin, and popularity counts back from the newest days that have
 * more: spread over twenty games, as many as a page shows first, a thousand players are fifty a game, and two games
 * must differ by a quarter to be more than chance.
 */
export const EVIDENCE_PLAYERS_MIN = 1_000;
/** Weight of two players who play, like or buy a game: what one player does is not popularity. */
export const POPULARITY_MIN = 1.2;
/** A trend compares these newest days with the days before them, as far back as the window. */
export const TREND_RECENT_DAYS = 3;
export const TREND_WINDOW_DAYS = 28;
/** Added to the expected weight of the recent days, so that a rise from one player to three is no trend. */
const TREND_SMOOTHING = 3;

/** Returns by how many standard deviations the recent days exceed what each item's own past predicts. */
export function computeTrend(totals: readonly ItemTotals[]): ReadonlyMap<string, number> {
  const share = TREND_RECENT_DAYS / (TREND_WINDOW_DAYS - TREND_RECENT_DAYS);
  return new Map(
    totals
      .filter(({ recent }) => recent > 0)
      .map(({ itemId, recent, before }) => {
        const expected = before * share + TREND_SMOOTHING;
        return [itemId, (recent - expected) / Math.sqrt(expected)];
      }),
  );
}

export const getPopularity = (totals: readonly ItemTotals[]): ReadonlyMap<string, number> =>
  new Map(totals.map(({ itemId, popularity }) => [itemId, popularity]));

/** Positive scores, best first. */
export const listBest = (scores: ReadonlyMap<string, number>, length: number): ItemScore[] =>
  [...scores]
    .filter(([, score]) => score > 0)
    .sort(([idA, a], [idB, b]) => b - a || (idA < idB ? -1 : 1))
    .slice(0, length);
