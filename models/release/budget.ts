// Plans how long a training may take: it grows with the data. It measures no time.

import { countInteractions, type Interactions } from '../data/interactions.ts';

export interface DataSize {
  interactions: number;
  /** Size of the vocabulary. */
  items: number;
}

/** short: a first release soon, from the cheap algorithms. full: every algorithm to the end of its search. */
export type BudgetName = 'short' | 'full';
export const BUDGET_NAMES: readonly BudgetName[] = ['short', 'full'];

interface Rate {
  leastMs: number;
  /** Per million interactions. */
  perMillionMs: number;
  /** Per thousand items. */
  perThousandItemsMs: number;
}

/**
 * Fitted to one data set of 1.8 million interactions and 20,000 items (docs/experiments.md): the whole searches of
 * popularity, item-knn and transitions take about 45 s of one core per million interactions, and one model of each far
 * less. Small stores stay at the least: 20 seconds, which a first impression may take, and ten minutes.
 */
const RATES: Record<BudgetName, Rate> = {
  short: { leastMs: 20_000, perMillionMs: 20_000, perThousandItemsMs: 1_500 },
  full: { leastMs: 600_000, perMillionMs: 180_000, perThousandItemsMs: 6_000 },
};

/** Milliseconds. `budget`: a name, or milliseconds already. */
export function planBudget(budget: BudgetName | number, { interactions, items }: DataSize): number {
  if (typeof budget === 'number') return budget;
  const { leastMs, perMillionMs, perThousandItemsMs } = RATES[budget];
  return Math.max(leastMs, (interactions / 1e6) * perMillionMs + (items / 1e3) * perThousandItemsMs);
}

/** `catalogue`: all games, those without interactions too. */
export const measureData = (interactions: Interactions, catalogue: ReadonlyMap<string, unknown>): DataSize => ({
  interactions: countInteractions(interactions),
  items: Math.max(interactions.itemIds.length, catalogue.size),
});
