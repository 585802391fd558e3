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
  /** By feature, then by item index; NaN until it is computed. */
  values: Map<string, Float32Array>;
}
const kept = new WeakMap<StatisticsColumns, Kept>();

/** A feature's values by item index; NaN for those that are not computed yet, which the caller adds. */
export function readItemFeature(name: string, { columns, statistics, today }: ItemFeatureInput): Float32Array {
  let known = kept.get(statistics);
  if (known?.today !== today || known.changes !== columns.changes) {
    known = { today, changes: columns.changes, values: new Map() };
    kept.set(statistics, known);
  }
  const values = known.values.get(name) ?? new Float32Array(columns.length).fill(Number.NaN);
  known.values.set(name, values);
  return values;
}
