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

/** True if the item would exceed a cap beside `slate`. All are item indexes. */
export function isCapped({ developers, series }: ItemColumns, slate: readonly number[], index: number): boolean {
  const developer = developers[index]!;
  let ofDeveloper = 0;
  let ofSeries = 0;
  for (const other of slate) {
    if (developer !== NO_DEVELOPER && developers[other] === developer) ofDeveloper++;
    if (series[other] === series[index]) ofSeries++;
  }
  return ofDeveloper >= DEVELOPER_MAX || ofSeries >= SERIES_MAX;
}

/** Returns at most `length` of the ranked candidates in their order; those beyond a cap only if there are no others. */
export function takeWithinCaps(
  { columns, indexes }: Candidates,
  ranked: readonly number[],
  length: number,
  isShown: (candidate: number) => boolean,
): number[] {
  const taken: number[] = [];
  const slate: number[] = [];
  const capped: number[] = [];
  for (const candidate of ranked) {
    if (taken.length === length) break;
    if (isShown(candidate)) continue;
    const index = indexes[candidate]!;
    if (isCapped(columns, slate, index)) capped.push(candidate);
    else {
      taken.push(candidate);
      slate.push(index);
    }
  }
  return [...taken, ...capped.slice(0, length - taken.length)];
}

/** Returns those of `some` that fit within the caps beside the others. */
export function filterByCaps(
  { columns, indexes }: Candidates,
  some: readonly number[],
  beside: readonly number[],
): number[] {
  const slate = beside.map((candidate) => indexes[candidate]!);
  return some.filter((candidate) => !isCapped(columns, slate, indexes[candidate]!));
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
