// Turns shown rows into training examples of the ranking model: one for each examined impression, weighted by the
// inverse of its position's examination propensity and of the probability with which its answer was logged.

import { ACTIONS } from '../contracts/algorithm-settings.ts';
import { FEATURES, writePosition } from '../features/ranking.ts';
import type { ShownRow } from './impressions.ts';

export interface Examples {
  count: number;
  /** [count, FEATURES], position included. */
  features: Float32Array;
  /** [count, ACTIONS], 0 or 1. */
  labels: Float32Array;
  /** Mean 1. */
  weights: Float32Array;
}

/** Fewer shuffled rows do not allow an estimate of propensities. */
const SHUFFLED_ROWS_MIN = 100;
/**
 * Limits a weight to its inverse: a rare impression far down a row must not outweigh many others. Measured
 * (docs/experiments.md): weights of up to ten give a worse order.
 */
const PROPENSITY_MIN = 0.4;

/**
 * The probability that an entry of a column is examined, from shuffled rows, in which no column has better games than
 * another. 1 for all columns if there are too few such rows.
 */
export function estimateExamination(rows: readonly ShownRow[]): (column: number) => number {
  const shuffled = rows.filter((row) => row.shuffled);
  if (shuffled.length < SHUFFLED_ROWS_MIN) return () => 1;
  const shown: number[] = [];
  const examined: number[] = [];
  for (const { entries } of shuffled)
    for (const { column, ...entry } of entries) {
      if (!entry.shuffled) continue;
      shown[column] = (shown[column] ?? 0) + 1;
      examined[column] = (examined[column] ?? 0) + Number(entry.examined);
    }
  // Columns on the left that only contained pins count as the first shuffled column.
  const first = shown.findIndex((count) => count > 0);
  return (column) => {
    const known = Math.max(first, Math.min(column, shown.length - 1));
    return (examined[known] ?? 0) / (shown[known] ?? 1);
  };
}

export function collectExamples(rows: readonly ShownRow[], propensityOf: (column: number) => number): Examples {
  const examined = rows.flatMap(({ entries, samplingRate }) =>
    entries.filter((entry) => entry.examined).map((entry) => ({ ...entry, samplingRate })),
  );
  const count = examined.length;
  const examples: Examples = {
    count,
    features: new Float32Array(count * FEATURES.length),
    labels: new Float32Array(count * ACTIONS.length),
    weights: new Float32Array(count),
  };
  let sum = 0;
  for (const [example, { features, outcomes, row, column, samplingRate }] of examined.entries()) {
    const own = examples.features.subarray(example * FEATURES.length, (example + 1) * FEATURES.length);
    own.set(features);
    writePosition(own, row, column);
    examples.labels.set(outcomes.map(Number), example * ACTIONS.length);
    const weight = 1 / (Math.max(PROPENSITY_MIN, propensityOf(column)) * samplingRate);
    examples.weights[example] = weight;
    sum += weight;
  }
  for (let example = 0; example < count; example++) examples.weights[example]! *= count / sum;
  return examples;
}
