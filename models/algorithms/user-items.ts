// The interactions as rows of vocabulary places with an index by item, so that a row of an item-to-item table can be
// counted by itself, in memory that does not grow with the square of the items.

import type { Interactions } from '../data/interactions.ts';
import type { Vocabulary } from './algorithm.ts';

/** Row by row, player by player, each player's choices in time order. Items outside the vocabulary are left out. */
export interface UserItems {
  itemIndices: Int32Array;
  /** Epoch milliseconds. */
  timestamps: Float64Array;
  /** Of each row, where its player's rows begin, and where they end. */
  starts: Int32Array;
  ends: Int32Array;
  /** The rows of an item, ascending. */
  rowsOf(place: number): Int32Array;
}

export function collectUserItems({ starts, ends, items, timestamps }: Interactions, vocabulary: Vocabulary): UserItems {
  const rows = items.length;
  const known = {
    places: new Int32Array(rows),
    timestamps: new Float64Array(rows),
    starts: new Int32Array(rows),
    ends: new Int32Array(rows),
  };
  let length = 0;
  starts.forEach((start, user) => {
    const first = length;
    for (let row = start; row < ends[user]!; row++) {
      const place = vocabulary.indices[items[row]!]!;
      if (place < 0) continue;
      known.places[length] = place;
      known.timestamps[length++] = timestamps[row]!;
    }
    known.starts.fill(first, first, length);
    known.ends.fill(length, first, length);
  });

  const bounds = new Int32Array(vocabulary.itemIds.length + 1);
  for (let row = 0; row < length; row++) bounds[known.places[row]! + 1]!++;
  for (let place = 1; place < bounds.length; place++) bounds[place]! += bounds[place - 1]!;
  const next = bounds.slice();
  const index = new Int32Array(length);
  for (let row = 0; row < length; row++) index[next[known.places[row]!]!++] = row;
  return {
    itemIndices: known.places.subarray(0, length),
    timestamps: known.timestamps.subarray(0, length),
    starts: known.starts.subarray(0, length),
    ends: known.ends.subarray(0, length),
    rowsOf: (place) => index.subarray(bounds[place], bounds[place + 1]),
  };
}

const DAY_MS = 86_400_000;

/** Days between each choice and the newest of all. */
export function measureAges({ timestamps }: UserItems): Float64Array {
  const newest = timestamps.reduce((latest, timestamp) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY);
  return timestamps.map((timestamp) => (newest - timestamp) / DAY_MS);
}

/** The median age in days, to two digits: the scale of half-lives that can make a difference to these choices. */
export function computeMedianAgeDays(choices: UserItems): number {
  const ages = measureAges(choices).sort();
  return Number((ages[ages.length >> 1] ?? 0).toPrecision(2));
}

/** Weights of the rows, 1 for the newest; half for each half-life of age, where that is not 0. */
export function weighByAge(choices: UserItems, halfLifeDays: number): Float64Array {
  return measureAges(choices).map((age) => (halfLifeDays === 0 ? 1 : 2 ** (-age / halfLifeDays)));
}
