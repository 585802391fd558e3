// The genres, tags and platforms of every item as numbers of a table of strings, in one array. An item's cells:
// genres, tags, platforms, then its different genres and tags, for comparing items (label-marks.ts).

import type { Item } from '../contracts/item.ts';
import { growColumn } from './grow-column.ts';
import { FoldedTable } from './string-table.ts';

export class LabelLists {
  readonly table = new FoldedTable();
  /** Numbers of the table; by item, each list ends where the next begins. */
  cells = new Uint32Array(64);
  /** By item index. */
  starts = new Uint32Array(8);
  genreEnds = new Uint32Array(8);
  tagEnds = new Uint32Array(8);
  platformEnds = new Uint32Array(8);
  ends = new Uint32Array(8);
  /** By item index, the end of the cells that are reserved for it. */
  #limits = new Uint32Array(8);
  #used = 0;

  /**
   * Writes an item's labels: over its old ones if they fit, else behind all others. An item that moves gets twice the
   * room that it had, so that the cells it leaves behind are never more than those it has.
   */
  write(index: number, { genres, tags, platforms }: Pick<Item, 'genres' | 'tags' | 'platforms'>): void {
    this.#grow(index + 1);
    const numbers: number[] = [];
    for (const labels of [genres, tags, platforms]) for (const label of labels) numbers.push(this.table.add(label));
    const labelCount = genres.length + tags.length;
    for (let at = 0; at < labelCount; at++) if (numbers.indexOf(numbers[at]!) === at) numbers.push(numbers[at]!);
    const room = this.#limits[index]! - this.starts[index]!;
    if (numbers.length > room) this.#reserve(index, Math.max(numbers.length, 2 * room));
    const start = this.starts[index]!;
    this.cells.set(numbers, start);
    this.genreEnds[index] = start + genres.length;
    this.tagEnds[index] = start + labelCount;
    this.platformEnds[index] = start + labelCount + platforms.length;
    this.ends[index] = start + numbers.length;
  }

  /** The first cell of an item's genres, tags or platforms with one of these folds; −1 if none has. */
  findGenre(index: number, folds: ReadonlySet<number>): number {
    return this.#find(this.starts[index]!, this.genreEnds[index]!, folds);
  }
  findTag(index: number, folds: ReadonlySet<number>): number {
    return this.#find(this.genreEnds[index]!, this.tagEnds[index]!, folds);
  }
  findPlatform(index: number, folds: ReadonlySet<number>): number {
    return this.#find(this.tagEnds[index]!, this.platformEnds[index]!, folds);
  }

  hasPlatforms(index: number): boolean {
    return this.platformEnds[index]! > this.tagEnds[index]!;
  }

  #find(start: number, end: number, folds: ReadonlySet<number>): number {
    const { folds: own } = this.table;
    for (let cell = start; cell < end; cell++) if (folds.has(own[this.cells[cell]!]!)) return cell;
    return -1;
  }

  #reserve(index: number, length: number): void {
    this.starts[index] = this.#used;
    this.#used += length;
    this.#limits[index] = this.#used;
    this.cells = growColumn(this.cells, this.#used);
  }

  #grow(length: number): void {
    if (length <= this.starts.length) return;
    this.starts = growColumn(this.starts, length);
    this.genreEnds = growColumn(this.genreEnds, length);
    this.tagEnds = growColumn(this.tagEnds, length);
    this.platformEnds = growColumn(this.platformEnds, length);
    this.ends = growColumn(this.ends, length);
    this.#limits = growColumn(this.#limits, length);
  }
}
