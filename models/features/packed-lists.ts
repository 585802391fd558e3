// Lists of numbers by index, all in one typed array: the labels of items, the bytes of texts.

import { growColumn } from './grow-column.ts';

export type Cells = Uint8Array | Uint16Array | Uint32Array;

/** Lists as a file has them: without gaps, in the order of their indexes. */
export interface PackedCells<T extends Cells> {
  cells: T;
  /** By index; each list begins where the one before ends. */
  ends: Uint32Array;
}

export class PackedLists<T extends Cells> {
  cells: T;
  /** By index. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** By index, the end of the cells that are reserved for it, if that is not the end of its own. */
  readonly #limits = new Map<number, number>();
  #used: number;

  /** Takes the arrays over. */
  constructor({ cells, ends }: PackedCells<T>) {
    this.cells = cells;
    this.ends = ends;
    this.starts = new Uint32Array(ends.length);
    if (ends.length > 0) this.starts.set(ends.subarray(0, -1), 1);
    this.#used = ends.at(-1) ?? 0;
  }

  /** The cells of an index; empty if nothing was written. They are not a copy. */
  read(index: number): T {
    return this.cells.subarray(this.starts[index] ?? 0, this.ends[index] ?? 0) as T;
  }

  /**
   * Writes a list: over the old one if it fits, else behind all others. A list that moves gets twice the room that it
   * had, so that the cells it leaves behind are never more than those it has.
   */
  write(index: number, values: ArrayLike<number>): void {
    this.#grow(index + 1);
    let limit = this.#limits.get(index) ?? this.ends[index]!;
    const room = limit - this.starts[index]!;
    // An empty list begins behind the others, too: lists that are written once, in order, have no gaps.
    if (values.length > room || limit === 0) limit = this.#reserve(index, Math.max(values.length, 2 * room));
    const start = this.starts[index]!;
    const end = start + values.length;
    this.cells.set(values, start);
    this.ends[index] = end;
    if (end === limit) this.#limits.delete(index);
    else this.#limits.set(index, limit);
  }

  /** Returns the end of the reserved cells. */
  #reserve(index: number, length: number): number {
    this.starts[index] = this.#used;
    this.#used += length;
    this.cells = growColumn(this.cells, this.#used);
    return this.#used;
  }

  #grow(length: number): void {
    if (length <= this.starts.length) return;
    this.starts = growColumn(this.starts, length);
    this.ends = growColumn(this.ends, length);
  }
}
