// Interactions as rows of item indices with an index by item: each row of an item-to-item table can be counted
// separately, in memory that does not grow with the square of the items.

import type { Interactions } from '../data/interactions.ts';
import type { Vocabulary } from './algorithm.ts';

/** One row per interaction, player by player, in time order. Items outside the vocabulary are left out. */
export interface UserItems {
  /** Indices in the vocabulary. */
  itemIndices: Int32Array;
  /** Epoch milliseconds. */
  timestamps: Float64Array;
  /** For each row, the first row of its player, and the end of the player's rows. */
  starts: Int32Array;
  ends: Int32Array;
  /** The rows of an item, ascending. */
  rowsOf(itemIndex: number): Int32Array;
}

export function collectUserItems({ starts, ends, items, timestamps }: Interactions, vocabulary: Vocabulary): UserItems {
  const rows = items.length;
  const kept = {
    itemIndices: new Int32Array(rows),
    timestamps: new Float64Array(rows),
    starts: new Int32Array(rows),
    ends: new Int32Array(rows),
  };
  let length = 0;
  starts.forEach((start, user) => {
    const first = length;
    for (let row = start; row < ends[user]!; row++) {
      const itemIndex = vocabulary.indices[items[row]!]!;
      if (itemIndex < 0) continue;
      kept.itemIndices[length] = itemIndex;
      kept.timestamps[length++] = timestamps[row]!;
    }
    kept.starts.fill(first, first, length);
    kept.ends.fill(length, first, length);
  });
  const itemIndices = kept.itemIndices.subarray(0, length);
  return {
    itemIndices,
    timestamps: kept.timestamps.subarray(0, length),
    starts: kept.starts.subarray(0, length),
    ends: kept.ends.subarray(0, length),
    rowsOf: indexRows(itemIndices, vocabulary.itemIds.length),
  };
}

/** A counting sort of the rows by item. */
function indexRows(itemIndices: Int32Array, items: number): (itemIndex: number) => Int32Array {
  const bounds = new Int32Array(items + 1);
  for (const itemIndex of itemIndices) bounds[itemIndex + 1]!++;
  for (let item = 1; item < bounds.length; item++) bounds[item]! += bounds[item - 1]!;
  const next = bounds.slice();
  const rows = new Int32Array(itemIndices.length);
  itemIndices.forEach((itemIndex, row) => {
    rows[next[itemIndex]!++] = row;
  });
  return (itemIndex) => rows.subarray(bounds[itemIndex], bounds[itemIndex + 1]);
}

const DAY_MS = 86_400_000;

/** Days between each interaction and the newest of all. */
function measureAges({ timestamps }: UserItems): Float64Array {
  const newest = timestamps.reduce((latest, timestamp) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY);
  return timestamps.map((timestamp) => (newest - timestamp) / DAY_MS);
}

/** The median age in days, to two digits: the scale of the half-lives worth trying; 0 without interactions. */
export function computeMedianAgeDays(userItems: UserItems): number {
  const ages = measureAges(userItems).sort();
  return Number((ages[ages.length >> 1] ?? 0).toPrecision(2));
}

/** Weights of the rows: 1 for the newest, half of it for each half-life of age; 1 for all if the half-life is 0. */
export function weighByAge(userItems: UserItems, halfLifeDays: number): Float64Array {
  return measureAges(userItems).map((age) => (halfLifeDays === 0 ? 1 : 2 ** (-age / halfLifeDays)));
}
