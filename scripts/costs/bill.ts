// A month's bill for an amount of use: what the plan includes, and the rest at list prices. Pure arithmetic.

import { CLOUDFLARE_PRICES, PLAN_FEE, type Price } from './prices.ts';
import type { Usage } from './usage.ts';

export interface BillLine extends Pick<Price, 'name' | 'unit' | 'included' | 'perUnit' | 'source'> {
  /** In units. */
  used: number;
  /** Dollars. */
  cost: number;
}
export interface Bill {
  lines: readonly BillLine[];
  /** Dollars, with the plan's fee. */
  total: number;
}

/** All lines, also those within the plan. */
export function billMonth(usage: Usage): Bill {
  const lines = CLOUDFLARE_PRICES.map(({ amountOf, roundsUp, ...price }): BillLine => {
    const used = amountOf(usage);
    const beyond = Math.max(0, used - price.included);
    return { ...price, used, cost: (roundsUp ? Math.ceil(beyond) : beyond) * price.perUnit };
  });
  return { lines, total: lines.reduce((sum, { cost }) => sum + cost, PLAN_FEE) };
}

/** Dollars at list prices, as if the plan included nothing. */
export const priceUsage = (usage: Usage): number =>
  CLOUDFLARE_PRICES.reduce((sum, { amountOf, perUnit }) => sum + amountOf(usage) * perUnit, 0);
