// A question to a model: what a player had, and what came next. Who is asked what is the protocols' affair.

import type { HistoryItem } from '../contracts/signals.ts';
import type { Interactions } from '../data/interactions.ts';

const DAY_MS = 86_400_000;

export interface EvaluationCase {
  /** Newest first: each item at its first positive event, with that event's weight. Serving adds up later events too. */
  readonly history: readonly Pick<HistoryItem, 'itemId' | 'weight' | 'ageDays'>[];
  /** Different items, none of the history; the first that was chosen comes first. */
  readonly targets: readonly string[];
}

/** What a protocol makes of a data set. */
export interface Split {
  /** What may be learnt from. */
  training: Interactions;
  /** What hyper-parameters and algorithms are chosen on. */
  validation: readonly EvaluationCase[];
  /** What is reported. */
  test: readonly EvaluationCase[];
  /** Players whose choices are in the test's part, but too little comes before them to ask with. */
  leftOut: number;
}

/** Rows of one player: the history from `start` on, the targets from `cut` on, up to but without `end`. */
export interface CaseRows {
  start: number;
  cut: number;
  end: number;
}

/** `now`: the moment of the question, epoch milliseconds. Ages count from it. */
export const createEvaluationCase = (all: Interactions, rows: CaseRows, now: number): EvaluationCase =>
  new LazyCase(all, rows, now);

/** Reads the columns each time it is asked: a million rows as objects would take more memory than the training. */
class LazyCase implements EvaluationCase {
  readonly #all: Interactions;
  readonly #rows: CaseRows;
  readonly #now: number;

  constructor(all: Interactions, rows: CaseRows, now: number) {
    this.#all = all;
    this.#rows = rows;
    this.#now = now;
  }

  get history(): EvaluationCase['history'] {
    const { itemIds, items, weights, timestamps } = this.#all;
    const { start, cut } = this.#rows;
    return Array.from({ length: cut - start }, (_, age) => {
      const row = cut - 1 - age;
      return {
        itemId: itemIds[items[row]!]!,
        weight: weights[row]!,
        ageDays: (this.#now - timestamps[row]!) / DAY_MS,
      };
    });
  }

  get targets(): EvaluationCase['targets'] {
    const { itemIds, items } = this.#all;
    return Array.from(items.subarray(this.#rows.cut, this.#rows.end), (item) => itemIds[item]!);
  }
}
