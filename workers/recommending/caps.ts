// Caps on a slate: how many games of one developer and of one series it has, so that no studio fills a row; and, by
// setting, how many of the most popular games.

import { type ItemColumns, NO_DEVELOPER } from '../../models/features/item-columns.ts';
import type { Candidates } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';
import { readStatistics } from './sources.ts';

/** For a slate of twelve. */
const DEVELOPER_MAX = 3;
const SERIES_MAX = 2;
/** The popularity cap counts this many games. */
const MOST_POPULAR = 100;

/** Counts the slate's games. Few developers and series reach their cap, so an item is compared with these alone. */
export class Caps {
  readonly #columns: ItemColumns;
  readonly #developers = new Map<number, number>();
  readonly #series = new Map<number, number>();
  readonly #fullDevelopers: number[] = [];
  readonly #fullSeries: number[] = [];

  constructor(columns: ItemColumns) {
    this.#columns = columns;
  }

  /** `index`: item index, here and below. */
  add(index: number): void {
    const developer = this.#columns.developers[index]!;
    const series = this.#columns.series[index]!;
    if (developer !== NO_DEVELOPER && count(this.#developers, developer) === DEVELOPER_MAX)
      this.#fullDevelopers.push(developer);
    if (count(this.#series, series) === SERIES_MAX) this.#fullSeries.push(series);
  }

  /** True if the item would exceed a cap. */
  isCapped(index: number): boolean {
    return (
      (this.#fullDevelopers.length > 0 && this.#fullDevelopers.includes(this.#columns.developers[index]!)) ||
      (this.#fullSeries.length > 0 && this.#fullSeries.includes(this.#columns.series[index]!))
    );
  }
}

function count(counts: Map<number, number>, number: number): number {
  const counted = (counts.get(number) ?? 0) + 1;
  counts.set(number, counted);
  return counted;
}

/**
 * Returns at most `length` of the ranked candidates in their order; those beyond a cap only if there are no others.
 * `isShown`: by candidate, 1 for those to leave out.
 */
export function takeWithinCaps(
  { columns, indexes }: Candidates,
  ranked: readonly number[],
  length: number,
  isShown: Uint8Array,
): { taken: number[]; isWithinCaps: boolean } {
  const taken: number[] = [];
  const caps = new Caps(columns);
  const capped: number[] = [];
  for (const candidate of ranked) {
    if (taken.length === length) break;
    if (isShown[candidate] === 1) continue;
    const index = indexes[candidate]!;
    if (caps.isCapped(index)) capped.push(candidate);
    else {
      taken.push(candidate);
      caps.add(index);
    }
  }
  const isWithinCaps = taken.length === length || capped.length === 0;
  return { taken: isWithinCaps ? taken : [...taken, ...capped.slice(0, length - taken.length)], isWithinCaps };
}

/** Returns those of `some` that fit within the caps beside the others. */
export function filterByCaps(
  { columns, indexes }: Candidates,
  some: readonly number[],
  beside: readonly number[],
): number[] {
  const caps = new Caps(columns);
  for (const candidate of beside) caps.add(indexes[candidate]!);
  return some.filter((candidate) => !caps.isCapped(indexes[candidate]!));
}

/** At most `max` of the items of a slate may be of these item indexes. */
export interface Limit {
  indexes: ReadonlySet<number>;
  max: number;
}

/** The limit of the most popular items in a row of `length`; undefined without one. */
export function limitPopular(input: RankingInput, length: number): Limit | undefined {
  const { popularityCap } = input.settings;
  if (popularityCap === 1) return undefined;
  const { indexes } = readStatistics(input).popular;
  return { indexes: new Set(indexes.subarray(0, MOST_POPULAR)), max: Math.floor(popularityCap * length) };
}
