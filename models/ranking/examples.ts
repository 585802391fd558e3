// Turns shown rows into what the ranking model learns from: one example for each entry that was looked at, weighted by how
// rarely its place is.

import { ACTIONS, FEATURES, writePosition } from '../features/ranking.ts';
import type { ShownRow } from './impressions.ts';

export interface Examples {
  count: number;
  /** [count, FEATURES], with the position. */
  features: Float32Array;
  /** [count, ACTIONS], 0 or 1. */
  labels: Float32Array;
  /** Of mean 1. */
  weights: Float32Array;
}

/** Shuffled rows from which on propensities can be told. */
const SHUFFLED_ROWS_MIN = 100;
/**
 * A weight is at most one over this: a rare look at a far place must not outweigh many others. By measurement
 * (docs/experiments.md): with weights up to ten the order that is learnt is worse.
 */
const WEIGHING_PROPENSITY_MIN = 0.4;

/**
 * How likely an entry of each column is looked at, from rows whose order was drawn by lot: there no column has better
 * games than another. All 1 where there are too few of them.
 */
export function estimateExamination(rows: readonly ShownRow[]): (column: number) => number {
  const shuffled = rows.filter((row) => row.shuffled);
  if (shuffled.length < SHUFFLED_ROWS_MIN) return () => 1;
  const shown: number[] = [];
  const examined: number[] = [];
  for (const { entries } of shuffled)
    for (const { column, ...entry } of entries) {
      shown[column] = (shown[column] ?? 0) + 1;
      examined[column] = (examined[column] ?? 0) + Number(entry.examined);
    }
  return (column) => {
    const known = Math.min(column, shown.length - 1);
    return (examined[known] ?? 0) / (shown[known] ?? 1);
  };
}

export function collectExamples(rows: readonly ShownRow[], propensityOf: (column: number) => number): Examples {
  const examined = rows.flatMap(({ entries }) => entries.filter((entry) => entry.examined));
  const count = examined.length;
  const examples: Examples = {
    count,
    features: new Float32Array(count * FEATURES.length),
    labels: new Float32Array(count * ACTIONS.length),
    weights: new Float32Array(count),
  };
  let sum = 0;
  for (const [place, { features, outcomes, row, column }] of examined.entries()) {
    const own = examples.features.subarray(place * FEATURES.length, (place + 1) * FEATURES.length);
    own.set(features);
    writePosition(own, row, column);
    examples.labels.set(outcomes.map(Number), place * ACTIONS.length);
    const weight = 1 / Math.max(WEIGHING_PROPENSITY_MIN, propensityOf(column));
    examples.weights[place] = weight;
    sum += weight;
  }
  for (let place = 0; place < count; place++) examples.weights[place]! *= count / sum;
  return examples;
}
