// Draws the interactions of a store of any size, for measuring speed, memory and what large catalogues lose: popularity
// follows a power law, players have tastes, and within a taste some games follow others.

import type { Item } from '../../models/contracts/item.ts';
import type { Interactions } from '../../models/data/interactions.ts';
import { createRandom, type Random } from '../../models/data/random.ts';

export interface StoreSize {
  users: number;
  items: number;
  /** About as many; a player's repeated items count once. */
  interactions: number;
}

/** Games of one taste. */
const TASTE_ITEMS = 200;
const TASTES_PER_USER = 3;
/** P(rank) ∝ rank^−exponent, among the games of a taste and among the tastes. */
const ITEM_EXPONENT = 1.3;
const TASTE_EXPONENT = 0.5;
/** Probability that the next game is one of the few that often follow the last one. */
const FOLLOW_PROBABILITY = 0.4;
const FOLLOWERS = 5;
/** Standard deviation of the logarithm of a player's interactions: most have few, a few have hundreds. */
const LENGTH_DEVIATION = 1;
const LENGTH_MAX = 2_000;
const DAYS = 365;
const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2026, 0, 1);

/** Events of one player in the order of time: indices of items, each once. */
interface History {
  items: number[];
  timestamps: number[];
}

/** The same for the same seed. Columns grow with the interactions; there is no object per player or event. */
export function drawInteractions({ users, items, interactions }: StoreSize, seed: number): Interactions {
  const columns = { items: new Int32Array(2 * interactions), timestamps: new Float64Array(2 * interactions) };
  const ends = new Int32Array(users);
  const histories = drawHistories({ items, meanLength: interactions / users }, seed);
  let length = 0;
  for (let user = 0; user < users; user++) {
    const { value } = histories.next();
    const taken = value!.items.slice(0, columns.items.length - length);
    columns.items.set(taken, length);
    columns.timestamps.set(value!.timestamps.slice(0, taken.length), length);
    length += taken.length;
    ends[user] = length;
  }
  return {
    userIds: nameAll('u', users),
    itemIds: nameAll('g', items),
    starts: ends.map((_, user) => ends[user - 1] ?? 0),
    ends,
    items: columns.items.slice(0, length),
    weights: new Float32Array(length).fill(1),
    timestamps: columns.timestamps.slice(0, length),
  };
}

/** Draws players without end. Deterministic for a seed; memory does not grow. */
export function* drawHistories(
  { items, meanLength }: { items: number; meanLength: number },
  seed: number,
): Generator<History, never> {
  const random = createRandom(seed, 'interactions');
  const tastes = Math.ceil(items / TASTE_ITEMS);
  const ranks = createPowerLaw(TASTE_ITEMS, ITEM_EXPONENT, random);
  const pickTaste = createPowerLaw(tastes, TASTE_EXPONENT, random);
  const drawLength = () =>
    Math.max(
      1,
      Math.min(
        LENGTH_MAX,
        Math.round(meanLength * Math.exp(LENGTH_DEVIATION * random.normal() - LENGTH_DEVIATION ** 2 / 2)),
      ),
    );
  const pickItem = (taste: number) => Math.min(items - 1, ranks() * tastes + taste);
  const followers = Int32Array.from({ length: items * FOLLOWERS }, (_, cell) =>
    pickItem(Math.floor(cell / FOLLOWERS) % tastes),
  );
  // The last user who took an item: finds repetitions without a set for each.
  const takenBy = new Int32Array(items).fill(-1);
  for (let user = 0; ; user++) {
    const history: History = { items: [], timestamps: [] };
    const own = Array.from({ length: TASTES_PER_USER }, pickTaste);
    const wanted = drawLength();
    let at = EPOCH + random.next() * DAYS * DAY_MS;
    let last = pickItem(random.pick(own));
    for (let n = 0; n < wanted; n++) {
      const item =
        n > 0 && random.chance(FOLLOW_PROBABILITY)
          ? followers[last * FOLLOWERS + random.below(FOLLOWERS)]!
          : pickItem(random.pick(own));
      last = item;
      at += random.next() * DAY_MS;
      if (takenBy[item] === user) continue;
      takenBy[item] = user;
      history.items.push(item);
      history.timestamps.push(at);
    }
    yield history;
  }
}

/** Labels that say the taste of a game, for some games wrongly. */
export function drawCatalogue(itemIds: readonly string[], seed: number): Map<string, Item> {
  const random = createRandom(seed, 'catalogue');
  const tastes = Math.ceil(itemIds.length / TASTE_ITEMS);
  return new Map(
    itemIds.map((itemId, index) => {
      const taste = random.chance(0.8) ? index % tastes : random.below(tastes);
      return [itemId, describeGame(itemId, taste)];
    }),
  );
}

const describeGame = (itemId: string, taste: number): Item => ({
  itemId,
  title: `Game ${itemId}`,
  genres: [`genre ${taste % 12}`],
  tags: [`taste ${taste}`, `theme ${taste % 40}`],
  developer: null,
  releaseDate: null,
  price: null,
  currency: null,
  ageRating: null,
  platforms: [],
  coverUrl: null,
  hidden: false,
});

/** Zero-padded, so that ids sort like their numbers. */
export const nameOne = (prefix: string, n: number): string => `${prefix}${String(n).padStart(8, '0')}`;
const nameAll = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => nameOne(prefix, n));

/** Ranks 0 … count − 1 by inversion of the cumulative distribution. */
function createPowerLaw(count: number, exponent: number, random: Random): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += (rank + 1) ** -exponent;
    sums[rank] = sum;
  }
  return () => {
    const drawn = random.next() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
