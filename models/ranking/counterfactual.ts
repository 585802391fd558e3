// Estimates from shuffled rows what players would have done with another order: self-normalised inverse propensity
// scoring, SNIPS (Swaminathan & Joachims 2015, "The Self-Normalized Estimator for Counterfactual Learning"). Assumes
// that an action depends on the item and its own position alone. Trains nothing.

/** One row's contribution to the estimate for one order. */
export interface WeightedRow {
  /** Sum of weight × reward. */
  reward: number;
  /** Sum of the weights over the number of positions: 1 on average. */
  weight: number;
}

/** `margin`: half the width of the 95% interval. */
export interface Estimate {
  value: number;
  margin: number;
}

/** Half a two-sided 95% interval of a normal distribution. */
export const STANDARD_ERRORS = 1.96;

/**
 * Weights a row whose orders were all equally likely. `rewards`: by the position shown; `order`: by position in the
 * estimated order, the position at which its item was shown. An item's propensity at a position is 1 / positions, so
 * its weight is the number of positions if both orders agree on its position, and 0 otherwise.
 */
export function weightShuffledRow(rewards: readonly number[], order: readonly number[]): WeightedRow {
  const positions = rewards.length;
  let reward = 0;
  let matches = 0;
  for (const [position, shownAt] of order.entries()) {
    if (shownAt !== position) continue;
    reward += positions * rewards[position]!;
    matches++;
  }
  return { reward, weight: matches };
}

/** Reward per row over the observed weights, not the expected ones: hardly biased, with a narrow interval. */
export function estimateSnips(rows: readonly WeightedRow[]): Estimate {
  return { value: computeRatio(rows), margin: estimateMean(computeResiduals(rows)).margin };
}

/** SNIPS of the first order less that of the second over the same rows, so that their common noise cancels out. */
export function compareSnips(first: readonly WeightedRow[], second: readonly WeightedRow[]): Estimate {
  const others = computeResiduals(second);
  const residuals = computeResiduals(first).map((residual, row) => residual - others[row]!);
  return { value: computeRatio(first) - computeRatio(second), margin: estimateMean(residuals).margin };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function computeRatio(rows: readonly WeightedRow[]): number {
  const weights = sumOf(rows.map(({ weight }) => weight));
  return weights === 0 ? 0 : sumOf(rows.map(({ reward }) => reward)) / weights;
}

/** Delta method: a ratio of means varies as the mean of these residuals. */
function computeResiduals(rows: readonly WeightedRow[]): number[] {
  const ratio = computeRatio(rows);
  const meanWeight = sumOf(rows.map(({ weight }) => weight)) / rows.length;
  return rows.map(({ reward, weight }) => (meanWeight === 0 ? 0 : (reward - ratio * weight) / meanWeight));
}

function estimateMean(values: readonly number[]): Estimate {
  const value = values.length === 0 ? 0 : sumOf(values) / values.length;
  const variance = sumOf(values.map((one) => (one - value) ** 2)) / Math.max(1, values.length - 1);
  return { value, margin: STANDARD_ERRORS * Math.sqrt(variance / Math.max(1, values.length)) };
}
