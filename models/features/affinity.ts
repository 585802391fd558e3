// A player's affinity to each genre, from the history and the catalogue as it is now. Derived when read, so that a
// corrected genre in the catalogue applies at once to every player.

import type { HistoryItem } from '../contracts/signals.ts';
import type { ItemColumns } from './item-columns.ts';
import type { LabelLists } from './label-lists.ts';

/** Short, so that it follows current taste. */
const HALF_LIFE_DAYS = 7;

export interface GenreAffinity {
  genre: string;
  /** Share of the player's positive decayed weight; all shares add up to 1. */
  share: number;
}

const decay = (weight: number, ageDays: number): number => weight * 0.5 ** (ageDays / HALF_LIFE_DAYS);

/** Total weight of all picked genres: as much as one game liked today, so that plays soon outweigh them. */
const PICKED_WEIGHT = 1;

/**
 * Returns shares per genre, strongest first. An item's weight is spread evenly over its genres; dislikes count against
 * them. `picked`: genres that the player picked.
 */
export function computeGenreAffinity(
  history: readonly HistoryItem[],
  columns: ItemColumns,
  picked: readonly string[] = [],
): GenreAffinity[] {
  const { table, cells, starts, genreEnds } = columns.labels;
  const genres = [...new Set(picked)];
  const totals = genres.map(() => PICKED_WEIGHT / picked.length);
  /** By label, the number of its genre, counted from 1; 0 for a label not met yet. */
  const numbers = new Int32Array(table.length);
  for (const [at, genre] of genres.entries()) {
    const label = table.find(genre);
    if (label >= 0) numbers[label] = at + 1;
  }
  for (const { itemId, weight, ageDays } of history) {
    const index = columns.find(itemId);
    if (index < 0) continue;
    const start = starts[index]!;
    const end = genreEnds[index]!;
    const part = decay(weight, ageDays) / Math.max(1, end - start);
    for (let cell = start; cell < end; cell++) {
      const label = cells[cell]!;
      if (numbers[label] === 0) {
        numbers[label] = genres.push(table.strings[label]!);
        totals.push(0);
      }
      totals[numbers[label]! - 1]! += part;
    }
  }
  const positive = genres.map((genre, at) => ({ genre, total: totals[at]! })).filter(({ total }) => total > 0);
  const sum = positive.reduce((all, { total }) => all + total, 0);
  return positive
    .map(({ genre, total }) => ({ genre, share: total / sum }))
    .sort((a, b) => b.share - a.share || (a.genre < b.genre ? -1 : 1));
}

/** Shares of tags, likewise, by label. `indexes`: those of the history's items, −1 if not visible. */
export function computeTagShares(
  history: readonly HistoryItem[],
  indexes: readonly number[],
  { table, cells, genreEnds, tagEnds }: LabelLists,
): Float64Array {
  const shares = new Float64Array(table.length);
  for (let at = 0; at < history.length; at++) {
    const { weight, ageDays } = history[at]!;
    const index = indexes[at]!;
    if (index < 0) continue;
    const start = genreEnds[index]!;
    const end = tagEnds[index]!;
    const part = decay(weight, ageDays) / Math.max(1, end - start);
    for (let cell = start; cell < end; cell++) shares[cells[cell]!]! += part;
  }
  let sum = 0;
  for (let label = 0; label < shares.length; label++) sum += Math.max(0, shares[label]!);
  for (let label = 0; label < shares.length; label++) shares[label] = sum > 0 ? Math.max(0, shares[label]!) / sum : 0;
  return shares;
}
