// Compares all cold-start items with another item in one pass: it lists, for each label, the cold-start items that have
// it. Built once per state of the catalogue (cold-start.ts).

import { type ItemColumns, NO_DEVELOPER } from '../../models/features/item-columns.ts';

/** The same developer counts a little more than any one label. */
export const DEVELOPER_SIMILARITY = 0.2;

/** An item to compare with. */
export interface Compared {
  /** Item index. */
  index: number;
  /** Similarities to it are multiplied by this. */
  weight: number;
}

export class ColdStartItems {
  /** Item indexes, by position. */
  readonly indexes: readonly number[];
  /** By item index. */
  readonly positions: ReadonlyMap<number, number>;
  readonly #columns: ItemColumns;
  /** By label, the positions of the items that have it. */
  readonly #labelled: number[][] = [];
  /** By position, the number of the item's labels and its developer. */
  readonly #sizes: Int32Array;
  readonly #developers: Int32Array;

  constructor(indexes: readonly number[], columns: ItemColumns) {
    const { cells, platformEnds, ends } = columns.labels;
    this.indexes = indexes;
    this.positions = new Map(indexes.map((index, position) => [index, position]));
    this.#columns = columns;
    this.#sizes = Int32Array.from(indexes, (index) => ends[index]! - platformEnds[index]!);
    this.#developers = Int32Array.from(indexes, (index) => columns.developers[index]!);
    for (const [position, index] of indexes.entries())
      for (let cell = platformEnds[index]!; cell < ends[index]!; cell++) {
        this.#labelled[cells[cell]!] ??= [];
        this.#labelled[cells[cell]!]!.push(position);
      }
  }

  /**
   * Returns, by position, the similarity to the most similar of the others: the Jaccard index of genres and tags, a
   * little more for the same developer (0–1.2), times the other's weight.
   */
  compareWith(others: readonly Compared[]): Float64Array {
    const { cells, platformEnds, ends } = this.#columns.labels;
    const similarities = new Float64Array(this.indexes.length);
    const shared = new Uint8Array(this.indexes.length);
    for (const other of others) {
      const end = ends[other.index]!;
      for (let cell = platformEnds[other.index]!; cell < end; cell++) {
        const positions = this.#labelled[cells[cell]!];
        if (positions !== undefined) for (let at = 0; at < positions.length; at++) shared[positions[at]!]!++;
      }
      this.#raise(similarities, shared, other);
    }
    return similarities;
  }

  /**
   * Raises the similarities of items that are more similar to the other item than to those before. `shared`: by
   * position, the number of labels shared with it; set to zeros for the next one.
   */
  #raise(similarities: Float64Array, shared: Uint8Array, { index, weight }: Compared): void {
    const { labels, developers } = this.#columns;
    const size = labels.ends[index]! - labels.platformEnds[index]!;
    const developer = developers[index]!;
    for (let position = 0; position < shared.length; position++) {
      const both = shared[position]!;
      shared[position] = 0;
      // At least 1, in case neither item has labels.
      const jaccard = both / Math.max(1, size + this.#sizes[position]! - both);
      const isSameDeveloper = developer !== NO_DEVELOPER && this.#developers[position] === developer;
      const similarity = weight * (jaccard + (isSameDeveloper ? DEVELOPER_SIMILARITY : 0));
      if (similarity > similarities[position]!) similarities[position] = similarity;
    }
  }
}
