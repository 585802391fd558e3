// One feature of all candidates: a column of the rows that the ranking model reads. Each feature writes its column in
// its own loop, since a shared loop would call a function for each candidate.

import type { FeatureRange } from './feature-range.ts';

export class FeatureColumn {
  readonly #rows: Float32Array;
  readonly #width: number;
  readonly #at: number;
  readonly #range: FeatureRange;

  /** `rows`: [candidates, `width`]; `at`: the column. */
  constructor(rows: Float32Array, width: number, at: number, range: FeatureRange) {
    this.#rows = rows;
    this.#width = width;
    this.#at = at;
    this.#range = range;
  }

  /** Writes the nearest value that has a code; NaN becomes 0. */
  set(candidate: number, value: number): void {
    this.#rows[candidate * this.#width + this.#at] = this.#range.round(value);
  }

  /** `values`: by candidate. */
  setAll(values: Float64Array): void {
    for (let candidate = 0; candidate < values.length; candidate++) this.set(candidate, values[candidate]!);
  }
}
