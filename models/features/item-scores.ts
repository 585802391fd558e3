// A list of items with scores, such as the popular ones, as item indexes: looked up once per list, not per answer.

import { growColumn } from './grow-column.ts';
import type { ItemColumns } from './item-columns.ts';

/** The item indexes of a list of ids, in its order. */
export class IdIndexes {
  /** −1 for an item that the catalogue has never had. */
  readonly indexes: Int32Array;
  readonly #columns: ItemColumns;
  /** Positions by id. */
  readonly #missing = new Map<string, number>();
  #followed: number;

  constructor(columns: ItemColumns, ids: readonly string[]) {
    this.#columns = columns;
    this.#followed = columns.length;
    this.indexes = Int32Array.from(ids, (itemId) => columns.indexOf(itemId));
    for (const [position, itemId] of ids.entries())
      if (this.indexes[position]! < 0) this.#missing.set(itemId, position);
  }

  /** Looks up the items that came into the catalogue since the last call. Returns whether any is in the list. */
  follow(): boolean {
    let hasFound = false;
    for (; this.#followed < this.#columns.length; this.#followed++) {
      const position = this.#missing.get(this.#columns.ids[this.#followed]!);
      if (position === undefined) continue;
      this.indexes[position] = this.#followed;
      hasFound = true;
    }
    return hasFound;
  }
}

/** Scores of items, best first. */
export class ItemScores {
  readonly scores: Float64Array;
  readonly #columns: ItemColumns;
  readonly #ids: IdIndexes;
  #column: Float64Array | undefined;
  #byIndex: ReadonlyMap<number, number> | undefined;

  constructor(columns: ItemColumns, list: readonly (readonly [itemId: string, score: number])[]) {
    this.#columns = columns;
    const ids = list.map(([itemId]) => itemId);
    this.#ids = new IdIndexes(columns, ids);
    this.scores = Float64Array.from(list, ([, score]) => score);
  }

  get length(): number {
    return this.scores.length;
  }

  /** In the order of the scores; −1 for an item that the catalogue has never had. */
  get indexes(): Int32Array {
    return this.#ids.indexes;
  }

  /** The best score; 0 if the list is empty. */
  get best(): number {
    return this.scores[0] ?? 0;
  }

  /** Takes in the items that came into the catalogue since the last call. */
  follow(): void {
    if (!this.#ids.follow()) return;
    this.#column = undefined;
    this.#byIndex = undefined;
  }

  /** For long lists: scores relative to the best, by item index; 0 for items that are not in the list. */
  get column(): Float64Array {
    this.#column = growColumn(this.#column ?? this.#fillColumn(), this.#columns.length);
    return this.#column;
  }

  /** For short lists: the same scores. */
  get shares(): ReadonlyMap<number, number> {
    this.#byIndex ??= new Map(
      Array.from(this.scores, (score, position) => [this.indexes[position]!, this.#share(score)]),
    );
    return this.#byIndex;
  }

  #share(score: number): number {
    return this.best > 0 ? score / this.best : 0;
  }

  #fillColumn(): Float64Array {
    const column = new Float64Array(this.#columns.length);
    for (const [position, index] of this.indexes.entries())
      if (index >= 0) column[index] = this.#share(this.scores[position]!);
    return column;
  }
}
