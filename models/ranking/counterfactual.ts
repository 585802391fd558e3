// What players would have done with another order of a row, estimated from rows that were shown in an order drawn by lot:
// inverse propensity scoring (Horvitz & Thompson 1952) and its self-normalised form (Swaminathan & Joachims 2015, "The
// Self-Normalized Estimator for Counterfactual Learning"). Assumes that what is done with an item depends on the item and
// on its own place alone. It trains nothing.

/** What one row says of one order. */
export interface WeightedRow {
  /** Sum of weight × reward. */
  reward: number;
  /** Sum of the weights over the number of places: 1 on average. */
  weight: number;
}

/** `margin`: half the width of the 95% interval. */
export interface Estimate {
  value: number;
  margin: number;
}

/** Two-sided 95% of a normal distribution. */
const STANDARD_ERRORS = 1.96;

/**
 * A row whose every order was as likely as any other. `rewards`: by the place where an item stood; `order`: for each place
 * of the order asked about, where its item stood. An item's propensity at its place is 1 / places, so it counts as many
 * times as there are places where it would have stood just there, and not at all elsewhere.
 */
export function weightShuffledRow(rewards: readonly number[], order: readonly number[]): WeightedRow {
  const places = rewards.length;
  let reward = 0;
  let matches = 0;
  for (const [place, stoodAt] of order.entries()) {
    if (stoodAt !== place) continue;
    reward += places * rewards[place]!;
    matches++;
  }
  return { reward, weight: matches };
}

/** Reward per row: unbiased, and wide where few rows match. */
export const estimateIps = (rows: readonly WeightedRow[]): Estimate => estimateMean(rows.map(({ reward }) => reward));

/** Reward per row, over the weights that came rather than those that were to come: hardly biased, and less wide. */
export function estimateSnips(rows: readonly WeightedRow[]): Estimate {
  return { value: computeRatio(rows), margin: estimateMean(computeResiduals(rows)).margin };
}

/** SNIPS of the first order less that of the second, over the same rows: what both have in common cancels out. */
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

/** The delta method: a ratio of means varies as the mean of these. */
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
