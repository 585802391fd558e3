// The catalogue as columns: what ranking reads of an item, in typed arrays by item index. An item keeps its index for
// good, also while it is hidden or deleted; a change of an item writes its own cells.

import type { Item } from '../contracts/item.ts';
import { growColumn } from './grow-column.ts';
import { LabelLists } from './label-lists.ts';
import { seriesOf } from './series.ts';
import { FoldedTable, StringTable } from './string-table.ts';

/** Cells of items without an age rating, a developer or a release date. */
export const NO_AGE_RATING = -1;
export const NO_DEVELOPER = -1;
export const NO_DAY: number = -(2 ** 31);
const DAY_MS = 86_400_000;

/** Days since the epoch of an ISO date; NO_DAY without one. */
export function toDay(date: string | null): number {
  const ms = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? NO_DAY : Math.floor(ms / DAY_MS);
}

export class ItemColumns {
  readonly ids: string[] = [];
  /** Whole items, for the texts of answers; undefined if hidden or deleted. */
  readonly items: (Item | undefined)[] = [];
  /** 1 if the item is visible. */
  isVisible = new Uint8Array(8);
  /** Years. */
  ageRatings = new Int8Array(8);
  /** NaN without a price. */
  prices = new Float64Array(8);
  /** Days since the epoch, UTC. */
  releaseDays = new Int32Array(8);
  readonly labels = new LabelLists();
  /** Numbers of the tables below. */
  developers = new Int32Array(8);
  series = new Int32Array(8);
  readonly developerTable = new FoldedTable();
  readonly seriesTable = new StringTable();
  /** The number of visible items. */
  size = 0;
  /** The number of changes. */
  changes = 0;
  readonly #indexes = new Map<string, number>();

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
    this.items[index] = item;
    this.ageRatings[index] = item.ageRating ?? NO_AGE_RATING;
    this.prices[index] = item.price ?? Number.NaN;
    this.releaseDays[index] = toDay(item.releaseDate);
    this.developers[index] = item.developer === null ? NO_DEVELOPER : this.developerTable.add(item.developer);
    this.series[index] = this.seriesTable.add(seriesOf(item.title));
    this.labels.write(index, item);
  }

  remove(itemId: string): void {
    const index = this.find(itemId);
    if (index < 0) return;
    this.changes++;
    this.size--;
    this.isVisible[index] = 0;
    this.items[index] = undefined;
  }

  /** The indexes of all visible items. */
  *listVisible(): Generator<number> {
    for (let index = 0; index < this.length; index++) if (this.isVisible[index] === 1) yield index;
  }

  #append(itemId: string): number {
    const index = this.ids.length;
    this.#indexes.set(itemId, index);
    this.ids.push(itemId);
    this.items.push(undefined);
    this.isVisible = growColumn(this.isVisible, index + 1);
    this.ageRatings = growColumn(this.ageRatings, index + 1);
    this.prices = growColumn(this.prices, index + 1);
    this.releaseDays = growColumn(this.releaseDays, index + 1);
    this.developers = growColumn(this.developers, index + 1);
    this.series = growColumn(this.series, index + 1);
    return index;
  }
}
