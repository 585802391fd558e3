// The genres and tags of one item, marked by label, to compare many items with it.

import type { LabelLists } from './label-lists.ts';

export class LabelMarks {
  readonly #labels: LabelLists;
  /** 1 for the item's labels. */
  readonly #marks: Uint8Array;
  readonly #size: number;

  /** `index`: the item. */
  constructor(labels: LabelLists, index: number) {
    const start = labels.platformEnds[index]!;
    const end = labels.ends[index]!;
    this.#labels = labels;
    this.#marks = new Uint8Array(labels.table.length);
    this.#size = end - start;
    for (let cell = start; cell < end; cell++) this.#marks[labels.cells[cell]!] = 1;
  }

  /** Jaccard index of the two items' genres and tags, 0–1; 0 if both have none. */
  computeJaccard(other: number): number {
    const { cells, platformEnds, ends } = this.#labels;
    const end = ends[other]!;
    const start = platformEnds[other]!;
    let shared = 0;
    for (let cell = start; cell < end; cell++) shared += this.#marks[cells[cell]!]!;
    return shared === 0 ? 0 : shared / (this.#size + end - start - shared);
  }
}
