// Features that depend on the item, the statistics and the day alone: the same for every player, so that each item's
// are computed once until one of these changes.

import type { ItemColumns } from './item-columns.ts';
import type { StatisticsColumns } from './statistics-columns.ts';

/** The input of such a feature. */
export interface ItemFeatureInput {
  columns: ItemColumns;
  statistics: StatisticsColumns;
  /** Days since the epoch, UTC. */
  today: number;
}

interface Kept {
  today: number;
  changes: number;
  /** [items, features]; NaN for the features of an item that are not computed yet. */
  values: Float32Array;
}
const kept = new WeakMap<StatisticsColumns, Kept>();

/**
 * The features' values, [item index, `width`]; NaN for those of an item that are not computed yet, which the caller
 * adds all together.
 */
export function readItemFeatures(width: number, { columns, statistics, today }: ItemFeatureInput): Float32Array {
  let known = kept.get(statistics);
  if (known?.today !== today || known.changes !== columns.changes) {
    known = { today, changes: columns.changes, values: new Float32Array(width * columns.length).fill(Number.NaN) };
    kept.set(statistics, known);
  }
  return known.values;
}
