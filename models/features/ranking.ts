// What the ranking model is told of a candidate: one ordered list of features, the actions that it predicts, and what each
// action is worth. Trainer and edge both import this list; its hash is in every release. It reads no store and no clock.

import type { Item } from '../contracts/item.ts';
import type { Lifts } from './lift.ts';
import type { RequestFeatures } from './request-features.ts';
import { hashString } from './rng.ts';
import { seriesOf } from './series.ts';

/** What the model predicts, one probability each, in this order. */
export const ACTIONS = ['click', 'play', 'like', 'purchase', 'dismiss'] as const;
export type Action = (typeof ACTIONS)[number];

/** What an action is worth to the store: the score of a candidate is the sum over its probabilities. */
export const ACTION_UTILITIES: Record<Action, number> = { click: 1, play: 4, like: 3, purchase: 6, dismiss: -4 };

/** What is known of one candidate, beside its answer. */
export interface CandidateFeatures {
  item: Item;
  /** What the sources that found it say, each relative to its best, 0–1. */
  sources: Readonly<Partial<Record<string, { score: number }>>>;
  /** Place in the retrieval model's order, from 0; undefined where it did not retrieve it. */
  retrievalRank: number | undefined;
  /** What ranks where no ranking model does, 0 or more. */
  prior: number;
}

interface Feature {
  name: string;
  /** Every value is within it: no item's data can blow a score up. */
  range: readonly [min: number, max: number];
  read(candidate: CandidateFeatures, answer: RequestFeatures): number;
}

const share = (name: string, read: Feature['read']): Feature => ({ name, range: [0, 1], read });
const signed = (name: string, read: Feature['read']): Feature => ({ name, range: [-1, 1], read });
const source = (name: string): Feature => share(`source/${name}`, ({ sources }) => sources[name]?.score ?? 0);

/** 0 for 0, 1 from `max` on, fine where numbers are small. */
const logShare = (value: number, max: number): number => Math.log1p(Math.max(0, value)) / Math.log1p(max);
const sumOf = (labels: readonly string[], shares: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const label of labels) sum += shares.get(label) ?? 0;
  return sum;
};

/** Jaccard index of the item's genres and tags and these labels. */
function overlap({ genres, tags }: Item, labels: ReadonlySet<string>): number {
  if (labels.size === 0) return 0;
  let shared = 0;
  let own = 0;
  for (const list of [genres, tags])
    for (const label of list) {
      own++;
      if (labels.has(label)) shared++;
    }
  return shared / (own + labels.size - shared);
}

/** Over the item's genres and tags. */
const meanLift = ({ genres, tags }: Item, lifts: Lifts): number =>
  (sumOf(genres, lifts) + sumOf(tags, lifts)) / Math.max(1, genres.length + tags.length);

const YEAR_DAYS = 365;
const OLD_YEARS = 30;
const FRESH_DAYS = 60;
const PRICE_MAX = 100;
const HISTORY_MAX = 128;
const SHOWN_MAX = 50;
const IDLE_DAYS_MAX = 365;
const HOURS = 24;
const turn = (hour: number): number => (2 * Math.PI * hour) / HOURS;
const ageDays = (item: Item, { todayMs }: RequestFeatures): number | undefined =>
  item.releaseDate === null ? undefined : (todayMs - releasedMs(item)) / 86_400_000;

/** The same items are asked for with every page. */
const releases = new WeakMap<Item, number>();
function releasedMs(item: Item): number {
  const known = releases.get(item);
  if (known !== undefined) return known;
  const parsed = Date.parse(item.releaseDate ?? '');
  releases.set(item, parsed);
  return parsed;
}

/** To be told a row of a page by its place: below these nobody scrolls. */
const ROW_MAX = 20;
const COLUMN_MAX = 100;

/**
 * In this order. The last two say where an entry stood; they are learnt from, and the same for all when serving. Which shelf
 * found a candidate is not among them: it depends on how pages are put together now (docs/experiments.md).
 */
export const FEATURES: readonly Feature[] = [
  source('retrieval'),
  share('retrieval/rank', ({ retrievalRank: rank }) => (rank === undefined ? 0 : 1 / Math.log2(rank + 2))),
  source('search'),
  source('similar'),
  signed('prior', ({ prior }) => Math.tanh(Math.log(prior + 1e-4) / 4)),
  // The square root, and once more: popularity falls so steeply that most games would look alike.
  share('popularity', ({ item }, { popularity }) => Math.sqrt(popularity.get(item.itemId) ?? 0)),
  share('popularity/tail', ({ item }, { popularity }) => (popularity.get(item.itemId) ?? 0) ** 0.25),
  share('trend', ({ item }, { trend }) => trend.get(item.itemId) ?? 0),
  share('trend/country', ({ item }, { countryTrend }) => countryTrend.get(item.itemId) ?? 0),
  share('rating', ({ item }, { rating }) => rating.get(item.itemId) ?? 0),
  share('age', ({ item }, answer) => logShare((ageDays(item, answer) ?? 0) / YEAR_DAYS, OLD_YEARS)),
  share('freshness', ({ item }, answer) => Math.exp(-Math.max(0, ageDays(item, answer) ?? Infinity) / FRESH_DAYS)),
  share('affinity/genres', ({ item }, { genres }) => sumOf(item.genres, genres)),
  share('affinity/tags', ({ item }, { tags }) => sumOf(item.tags, tags)),
  share('developer/known', ({ item }, { developers }) => Number(developers.has(item.developer ?? ''))),
  share('series/known', ({ item }, { series }) => Number(series.has(seriesOf(item.title)))),
  share('affinity/last', ({ item }, { lastLabels }) => overlap(item, lastLabels)),
  signed('affinity/lift', ({ item }, { lifts }) => Math.tanh(meanLift(item, lifts))),
  share('price', ({ item }) => logShare(item.price ?? 0, PRICE_MAX)),
  share('price/free', ({ item }) => Number(item.price === 0)),
  signed('price/relative', ({ item: { price } }, { usualPrice }) =>
    price === null || usualPrice === null ? 0 : Math.tanh(Math.log((price + 1) / (usualPrice + 1))),
  ),
  share('player/plays', (_, { plays }) => plays),
  share('player/long-plays', (_, { longPlays }) => longPlays),
  share('player/history', (_, { historyLength }) => logShare(historyLength, HISTORY_MAX)),
  share('player/idle', (_, { idleDays }) => logShare(idleDays, IDLE_DAYS_MAX)),
  signed('player/popularity-dial', (_, { popularityDial }) => popularityDial),
  share('shown', ({ item }, { shown }) => logShare(shown.get(item.itemId) ?? 0, SHOWN_MAX)),
  signed('hour/sine', (_, { localHour }) => (localHour === null ? 0 : Math.sin(turn(localHour)))),
  signed('hour/cosine', (_, { localHour }) => (localHour === null ? 0 : Math.cos(turn(localHour)))),
  signed('platform/match', ({ item }, { platform }) =>
    platform === null || item.platforms.length === 0
      ? 0
      : item.platforms.some((one) => one.toLowerCase() === platform)
        ? 1
        : -1,
  ),
  share('position/row', () => 0),
  share('position/column', () => 0),
];

/** Grows with every change of how a feature is read that does not change its name. */
const FEATURES_VERSION = 3;

/** Stands for the list, its order and its ranges: a model is of use only to who encodes as its trainer's log did. */
export const FEATURES_HASH: string = hashString(
  JSON.stringify([FEATURES_VERSION, ACTIONS, FEATURES.map(({ name, range }) => [name, range])]),
).toString(16);

/** [candidates, FEATURES], row by row, as the edge asks: no position is said. */
export function encodeFeatures(candidates: readonly CandidateFeatures[], answer: RequestFeatures): Float32Array {
  const rows = new Float32Array(candidates.length * FEATURES.length);
  let cell = 0;
  for (const candidate of candidates)
    for (let at = 0; at < FEATURES.length; at++) {
      const { read, range } = FEATURES[at]!;
      // Not destructured: some ten thousand times a page an iterator would count.
      const min = range[0];
      const max = range[1];
      const value = read(candidate, answer);
      // What is no number says nothing.
      rows[cell++] = value >= min ? Math.min(max, value) : value < min ? min : 0;
    }
  return rows;
}

/** Writes into a logged row of features where its entry stood. */
export function writePosition(features: Float32Array, row: number, column: number): void {
  features[FEATURES.length - 2] = Math.min(1, logShare(row, ROW_MAX));
  features[FEATURES.length - 1] = Math.min(1, logShare(column, COLUMN_MAX));
}

/** One number for each row of probabilities, [candidates, ACTIONS]; greater than 0, so that it can be multiplied. */
export function computeExpectedUtilities(probabilities: Float32Array): Float32Array {
  const values = new Float32Array(probabilities.length / ACTIONS.length);
  for (let candidate = 0; candidate < values.length; candidate++) {
    let value = 0;
    ACTIONS.forEach((action, at) => {
      value += ACTION_UTILITIES[action] * probabilities[candidate * ACTIONS.length + at]!;
    });
    values[candidate] = value > VALUE_SMALL ? value : VALUE_SMALL * Math.exp(value / VALUE_SMALL / DECAY - 1 / DECAY);
  }
  return values;
}

/** Below it values fall ever more slowly, and stay in order. */
const VALUE_SMALL = 0.01;
const DECAY = 50;
