// The genres, tags and platforms of every item as numbers of a table of strings, in one array. An item's cells:
// genres, tags, platforms, then its different genres and tags, for comparing items (label-marks.ts). They take 16
// bits each as long as the table is small enough, because they are many.

import type { Item } from '../contracts/item.ts';
import { growColumn } from './grow-column.ts';
import { type PackedCells, PackedLists } from './packed-lists.ts';
import { FoldedTable, type Folds } from './string-table.ts';

/** The most strings that 16 bits can number. */
export const NARROW_LABELS: number = 2 ** 16;

export type LabelCells = Uint16Array | Uint32Array;

export interface PackedLabels extends PackedCells<LabelCells> {
  genreEnds: Uint32Array;
  tagEnds: Uint32Array;
  platformEnds: Uint32Array;
  /** By number. */
  table: string[];
}

export class LabelLists extends PackedLists<LabelCells> {
  readonly table: FoldedTable;
  /** By item index, the ends of parts of its cells, which are numbers of the table. */
  genreEnds: Uint32Array;
  tagEnds: Uint32Array;
  platformEnds: Uint32Array;

  /** Takes the arrays over. */
  constructor({ genreEnds, tagEnds, platformEnds, table, ...cells }: PackedLabels) {
    super(cells);
    this.table = new FoldedTable(table);
    this.genreEnds = genreEnds;
    this.tagEnds = tagEnds;
    this.platformEnds = platformEnds;
  }

  writeLabels(index: number, { genres, tags, platforms }: Pick<Item, 'genres' | 'tags' | 'platforms'>): void {
    const numbers: number[] = [];
    for (const labels of [genres, tags, platforms]) for (const label of labels) numbers.push(this.table.add(label));
    const labelCount = genres.length + tags.length;
    for (let at = 0; at < labelCount; at++) if (numbers.indexOf(numbers[at]!) === at) numbers.push(numbers[at]!);
    if (this.table.length > NARROW_LABELS && this.cells instanceof Uint16Array)
      this.cells = new Uint32Array(this.cells);
    this.write(index, numbers);
    const start = this.starts[index]!;
    this.genreEnds = growColumn(this.genreEnds, index + 1);
    this.tagEnds = growColumn(this.tagEnds, index + 1);
    this.platformEnds = growColumn(this.platformEnds, index + 1);
    this.genreEnds[index] = start + genres.length;
    this.tagEnds[index] = start + labelCount;
    this.platformEnds[index] = start + labelCount + platforms.length;
  }

  readGenres(index: number): string[] {
    return this.#name(this.starts[index]!, this.genreEnds[index]!);
  }
  readTags(index: number): string[] {
    return this.#name(this.genreEnds[index]!, this.tagEnds[index]!);
  }
  readPlatforms(index: number): string[] {
    return this.#name(this.tagEnds[index]!, this.platformEnds[index]!);
  }

  /** The first cell of an item's genres, tags or platforms with one of these folds; −1 if none has. */
  findGenre(index: number, folds: Folds): number {
    return this.#find(this.starts[index]!, this.genreEnds[index]!, folds);
  }
  findTag(index: number, folds: Folds): number {
    return this.#find(this.genreEnds[index]!, this.tagEnds[index]!, folds);
  }
  findPlatform(index: number, folds: Folds): number {
    return this.#find(this.tagEnds[index]!, this.platformEnds[index]!, folds);
  }

  hasPlatforms(index: number): boolean {
    return this.platformEnds[index]! > this.tagEnds[index]!;
  }

  #find(start: number, end: number, folds: Folds): number {
    const { only, size } = folds;
    const { folds: own } = this.table;
    const { cells } = this;
    if (only >= 0) {
      for (let cell = start; cell < end; cell++) if (own[cells[cell]!] === only) return cell;
    } else if (size > 0) {
      for (let cell = start; cell < end; cell++) if (folds.has(own[cells[cell]!]!)) return cell;
    }
    return -1;
  }

  #name(start: number, end: number): string[] {
    const names: string[] = [];
    for (let cell = start; cell < end; cell++) names.push(this.table.strings[this.cells[cell]!]!);
    return names;
  }
}
