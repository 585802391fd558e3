// Evaluation cases: a player's history and the next items. The protocols decide which cases there are.

import type { HistoryItem } from '../contracts/signals.ts';
import type { Interactions } from '../data/interactions.ts';

const DAY_MS = 86_400_000;

export interface EvaluationCase {
  /**
   * Newest first: each item at its first positive event, with that event's weight. Serving also adds up later events.
   */
  readonly history: readonly Pick<HistoryItem, 'itemId' | 'weight' | 'ageDays'>[];
  /** Distinct items outside the history, in the order of their interactions. */
  readonly targets: readonly string[];
}

/** A data set as a protocol splits it. */
export interface Split {
  /** The interactions to train on. */
  training: Interactions;
  /** Hyper-parameters and algorithms are selected on these cases. */
  validation: readonly EvaluationCase[];
  /** Figures are reported on these cases. */
  test: readonly EvaluationCase[];
  /** Players with interactions in the test period but too few before it for a case. */
  leftOut: number;
}

/** Rows of one player: the history is `start` up to `cut`, the targets are `cut` up to `end`, each end exclusive. */
interface CaseRows {
  start: number;
  cut: number;
  end: number;
}

/** `now`: the time of the case, epoch milliseconds, from which ages count. */
export const createEvaluationCase = (all: Interactions, rows: CaseRows, now: number): EvaluationCase =>
  new LazyCase(all, rows, now);

/** Reads the columns at each access: a million rows as objects would take more memory than the training. */
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
