// The statistics by item index, for the rows and the features of every answer until they change.

import type { ItemScore, Statistics } from '../contracts/statistics.ts';
import type { ItemColumns } from './item-columns.ts';
import { ItemScores } from './item-scores.ts';

type CountryList = 'popularByCountry' | 'trendingByCountry';

export class StatisticsColumns {
  readonly popular: ItemScores;
  readonly trending: ItemScores;
  readonly bestRated: ItemScores;
  readonly hiddenGems: ItemScores;
  readonly #popularity: ItemScores;
  readonly #columns: ItemColumns;
  readonly #statistics: Statistics | null;
  readonly #countries = new Map<string, ItemScores>();

  /** `popularity`: by item id, the most popular at 1. */
  constructor(columns: ItemColumns, statistics: Statistics | null, popularity: ReadonlyMap<string, number>) {
    this.#columns = columns;
    this.#statistics = statistics;
    this.popular = new ItemScores(columns, statistics?.popular ?? []);
    this.trending = new ItemScores(columns, statistics?.trending ?? []);
    this.bestRated = new ItemScores(columns, statistics?.bestRated ?? []);
    this.hiddenGems = new ItemScores(columns, statistics?.hiddenGems ?? []);
    this.#popularity = new ItemScores(columns, [...popularity]);
  }

  /** By item index, the most popular at 1, items without events at 0. */
  get popularity(): Float64Array {
    return this.#popularity.column;
  }

  /** Empty for an unknown country, and for one without enough events. */
  readCountry(list: CountryList, country: string | null): ItemScores {
    const key = `${list} ${country}`;
    const known = this.#countries.get(key);
    if (known !== undefined) return known;
    const scores: readonly ItemScore[] = this.#statistics?.[list][country ?? ''] ?? [];
    const read = new ItemScores(this.#columns, scores);
    // Clients name countries; only those of the statistics are kept.
    if (scores.length > 0) this.#countries.set(key, read);
    return read;
  }

  /** Takes in the items that came into the catalogue since the last call. */
  follow(): void {
    const lists = [this.popular, this.trending, this.bestRated, this.hiddenGems, this.#popularity];
    for (const list of [...lists, ...this.#countries.values()]) list.follow();
  }
}

const known = new WeakMap<ItemColumns, { from: readonly [object | null, object]; columns: StatisticsColumns }>();

/** The same object for as long as the statistics are the same. */
export function readStatisticsColumns(
  columns: ItemColumns,
  statistics: Statistics | null,
  popularity: ReadonlyMap<string, number>,
): StatisticsColumns {
  const before = known.get(columns);
  if (before?.from[0] === statistics && before.from[1] === popularity) {
    before.columns.follow();
    return before.columns;
  }
  const made = new StatisticsColumns(columns, statistics, popularity);
  known.set(columns, { from: [statistics, popularity], columns: made });
  return made;
}
