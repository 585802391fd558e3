// The catalogue as columns: what ranking reads of an item, in typed arrays by item index. An item keeps its index for
// good, also while it is hidden or deleted; a change of an item writes its own cells. There are no item objects:
// answers that show an item read it from the columns.

import type { Item } from '../contracts/item.ts';
import { growColumn } from './grow-column.ts';
import { HashedTable } from './hashed-table.ts';
import { ItemWords } from './item-words.ts';
import { LabelLists } from './label-lists.ts';
import { createEmptyColumns, type PackedColumns } from './packed-columns.ts';
import { seriesOf } from './series.ts';
import { FoldedTable, StringTable } from './string-table.ts';
import { TextColumn } from './text-column.ts';

/** Cells of items without an age rating, a developer, a currency or a release date. */
export const NO_AGE_RATING = -1;
export const NO_DEVELOPER = -1;
const NO_CURRENCY = -1;
export const NO_DAY: number = -(2 ** 31);
const DAY_MS = 86_400_000;
const DATE_LENGTH = 'YYYY-MM-DD'.length;

/** Days since the epoch of an ISO date; NO_DAY without one. */
export function toDay(date: string | null): number {
  const ms = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? NO_DAY : Math.floor(ms / DAY_MS);
}

export class ItemColumns {
  readonly ids: string[];
  /** 1 if the item is visible. */
  isVisible: Uint8Array;
  /** Years. */
  ageRatings: Int8Array;
  /** NaN without a price. */
  prices: Float64Array;
  /** Days since the epoch, UTC. */
  releaseDays: Int32Array;
  readonly labels: LabelLists;
  /** Numbers of the tables below. */
  developers: Int32Array;
  series: Int32Array;
  currencies: Int16Array;
  readonly developerTable: FoldedTable;
  readonly seriesTable: HashedTable;
  readonly currencyTable: StringTable;
  readonly titles: TextColumn;
  /** Empty without a cover. */
  readonly coverUrls: TextColumn;
  readonly words: ItemWords;
  /** The number of visible items. */
  size: number;
  /** The number of changes. */
  changes: number;
  readonly #indexes = new Map<string, number>();
  /** ISO dates by day: many items share one. */
  readonly #dates = new Map<number, string>();

  /** Takes over arrays of visible items; starts empty by default. */
  constructor(packed: PackedColumns = createEmptyColumns()) {
    const { length } = packed.ids;
    this.ids = packed.ids;
    for (const [index, itemId] of packed.ids.entries()) this.#indexes.set(itemId, index);
    this.isVisible = new Uint8Array(length).fill(1);
    this.ageRatings = packed.ageRatings;
    this.prices = packed.prices;
    this.releaseDays = packed.releaseDays;
    this.labels = new LabelLists(packed.labels);
    this.developers = packed.developers;
    this.series = packed.series;
    this.currencies = packed.currencies;
    this.developerTable = new FoldedTable(packed.developerTable);
    this.seriesTable = new HashedTable(packed.seriesTable);
    this.currencyTable = new StringTable(packed.currencyTable);
    this.titles = new TextColumn(packed.titles);
    this.coverUrls = new TextColumn(packed.coverUrls);
    this.words = new ItemWords(packed.words);
    this.size = length;
    this.changes = length;
  }

  /** The number of indexes given out. */
  get length(): number {
    return this.ids.length;
  }

  /** The index of a visible item; −1 for others. */
  find(itemId: string): number {
    const index = this.#indexes.get(itemId) ?? -1;
    return this.isVisible[index] === 1 ? index : -1;
  }

  /** The index of an item, visible or not; −1 if it never had one. */
  indexOf(itemId: string): number {
    return this.#indexes.get(itemId) ?? -1;
  }

  put(item: Item): void {
    const index = this.#indexes.get(item.itemId) ?? this.#append(item.itemId);
    this.changes++;
    this.size += 1 - this.isVisible[index]!;
    this.isVisible[index] = 1;
    this.ageRatings[index] = item.ageRating ?? NO_AGE_RATING;
    this.prices[index] = item.price ?? Number.NaN;
    this.releaseDays[index] = toDay(item.releaseDate);
    this.developers[index] = item.developer === null ? NO_DEVELOPER : this.developerTable.add(item.developer);
    this.series[index] = this.seriesTable.add(seriesOf(item.title));
    this.currencies[index] = item.currency === null ? NO_CURRENCY : this.currencyTable.add(item.currency);
    this.labels.writeLabels(index, item);
    this.titles.write(index, item.title);
    this.coverUrls.write(index, item.coverUrl ?? '');
    this.words.writeTitle(index, item.title);
    this.words.follow(this.developerTable.strings, this.labels.table.strings);
  }

  remove(itemId: string): void {
    const index = this.find(itemId);
    if (index < 0) return;
    this.changes++;
    this.size--;
    this.isVisible[index] = 0;
  }

  /** Undefined for an item that is not visible. */
  read(index: number): Item | undefined {
    if (this.isVisible[index] !== 1) return undefined;
    const price = this.prices[index]!;
    const ageRating = this.ageRatings[index]!;
    return {
      itemId: this.ids[index]!,
      title: this.titles.read(index),
      genres: this.labels.readGenres(index),
      tags: this.labels.readTags(index),
      developer: this.developerTable.strings[this.developers[index]!] ?? null,
      releaseDate: this.readReleaseDate(index),
      price: Number.isNaN(price) ? null : price,
      currency: this.currencyTable.strings[this.currencies[index]!] ?? null,
      ageRating: ageRating === NO_AGE_RATING ? null : ageRating,
      platforms: this.labels.readPlatforms(index),
      coverUrl: this.coverUrls.read(index) || null,
      hidden: false,
    };
  }

  /** An ISO date; null without one. */
  readReleaseDate(index: number): string | null {
    const day = this.releaseDays[index]!;
    if (day === NO_DAY) return null;
    let date = this.#dates.get(day);
    if (date === undefined) {
      date = new Date(DAY_MS * day).toISOString().slice(0, DATE_LENGTH);
      this.#dates.set(day, date);
    }
    return date;
  }

  /** The indexes of all visible items. */
  *listVisible(): Generator<number> {
    for (let index = 0; index < this.length; index++) if (this.isVisible[index] === 1) yield index;
  }

  #append(itemId: string): number {
    const index = this.ids.length;
    this.#indexes.set(itemId, index);
    this.ids.push(itemId);
    this.isVisible = growColumn(this.isVisible, index + 1);
    this.ageRatings = growColumn(this.ageRatings, index + 1);
    this.prices = growColumn(this.prices, index + 1);
    this.releaseDays = growColumn(this.releaseDays, index + 1);
    this.developers = growColumn(this.developers, index + 1);
    this.series = growColumn(this.series, index + 1);
    this.currencies = growColumn(this.currencies, index + 1);
    return index;
  }
}
