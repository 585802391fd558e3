// The catalogue's items by release date, newest first, kept in order change by change. Dates to come are in it too.

import { type ItemColumns, NO_DAY } from '../../models/features/item-columns.ts';

/** Below every day: not visible. */
const NOT_LISTED = Number.NEGATIVE_INFINITY;

/** A part of the order, from one position to another. */
export interface ReleaseSpan {
  indexes: Int32Array;
  start: number;
  end: number;
}

export class ReleaseOrder {
  readonly #columns: ItemColumns;
  /**
   * Item indexes, newest first, undated last. Within a day later ids come first: a store that counts its items adds new
   * ones at the end. Isolates number the items differently, so the order does not depend on indexes.
   */
  #order: Int32Array = new Int32Array(0);
  /** By item index, the day by which it is in the order. */
  #days = new Float64Array(0);
  #changes = 0;

  constructor(columns: ItemColumns) {
    this.#columns = columns;
  }

  /** All visible items, newest first, undated ones last. */
  readAll(): Int32Array {
    return this.#read();
  }

  /** Visible items released up to a day, newest first. */
  readReleased(today: number): ReleaseSpan {
    const indexes = this.#read();
    return { indexes, start: this.#findEnd(today), end: this.#findEnd(NO_DAY) };
  }

  /** Visible items without a release date. */
  readUndated(): ReleaseSpan {
    const indexes = this.#read();
    return { indexes, start: this.#findEnd(NO_DAY), end: indexes.length };
  }

  /** The position behind all items later than a day. */
  #findEnd(day: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#days[this.#order[middle]!]! > day) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #read(): Int32Array {
    if (this.#changes !== this.#columns.changes) this.#update();
    this.#changes = this.#columns.changes;
    return this.#order;
  }

  /** Takes out the items whose day has changed and puts them where they belong, in one pass. */
  #update(): void {
    const { length, isVisible, releaseDays } = this.#columns;
    const days = new Float64Array(length).fill(NOT_LISTED);
    const before = this.#days;
    for (let index = 0; index < length; index++) if (isVisible[index] === 1) days[index] = releaseDays[index]!;
    this.#days = days;
    const kept = this.#order.filter((index) => days[index] === before[index]);
    const moved: number[] = [];
    for (let index = 0; index < length; index++)
      if (days[index] !== NOT_LISTED && days[index] !== before[index]) moved.push(index);
    if (moved.length === 0 && kept.length === this.#order.length) return;
    const { ids } = this.#columns;
    this.#order = merge(kept, moved, (a, b) => days[b]! - days[a]! || (ids[a]! > ids[b]! ? -1 : 1));
  }
}

function merge(order: Int32Array, added: number[], compare: (a: number, b: number) => number): Int32Array {
  added.sort(compare);
  const merged = new Int32Array(order.length + added.length);
  let next = 0;
  let position = 0;
  for (let at = 0; at < merged.length; at++) {
    const takesAdded =
      position === order.length || (next < added.length && compare(added[next]!, order[position]!) < 0);
    merged[at] = takesAdded ? added[next++]! : order[position++]!;
  }
  return merged;
}
