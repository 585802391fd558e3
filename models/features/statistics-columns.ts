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
  readonly #columns: ItemColumns;
  readonly #statistics: Statistics | null;
  readonly #countries = new Map<string, ItemScores>();

  constructor(columns: ItemColumns, statistics: Statistics | null) {
    this.#columns = columns;
    this.#statistics = statistics;
    this.popular = new ItemScores(columns, statistics?.popular ?? []);
    this.trending = new ItemScores(columns, statistics?.trending ?? []);
    this.bestRated = new ItemScores(columns, statistics?.bestRated ?? []);
    this.hiddenGems = new ItemScores(columns, statistics?.hiddenGems ?? []);
  }

  /** By item index, the most popular at 1, items without events at 0. */
  get popularity(): Float64Array {
    return this.popular.column;
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
    const lists = [this.popular, this.trending, this.bestRated, this.hiddenGems];
    for (const list of [...lists, ...this.#countries.values()]) list.follow();
  }
}

const known = new WeakMap<ItemColumns, { statistics: Statistics | null; columns: StatisticsColumns }>();

/** The same object for as long as the statistics are the same. */
export function readStatisticsColumns(columns: ItemColumns, statistics: Statistics | null): StatisticsColumns {
  const before = known.get(columns);
  if (before?.statistics === statistics) {
    before.columns.follow();
    return before.columns;
  }
  const made = new StatisticsColumns(columns, statistics);
  known.set(columns, { statistics, columns: made });
  return made;
}
