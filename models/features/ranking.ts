// The input and output of the ranking model: one ordered list of features, and the actions that it predicts with their
// utilities. Trainer and edge both import it; its hash is in every release. It reads no store and no clock.

import type { SourceName } from '../contracts/gallery.ts';
import type { Item } from '../contracts/item.ts';
import { FeatureRange } from './feature-range.ts';
import type { Lifts } from './lift.ts';
import type { RequestFeatures } from './request-features.ts';
import { hashString } from './rng.ts';
import { seriesOf } from './series.ts';
import { computeJaccard, getLabels } from './similarity.ts';

/** The model predicts the probability of each, in this order. */
export const ACTIONS = ['click', 'play', 'like', 'purchase', 'dismiss'] as const;
export type Action = (typeof ACTIONS)[number];

/** The utility of an action to the store. A candidate's score is its expected utility. */
export const ACTION_UTILITIES: Record<Action, number> = { click: 1, play: 4, like: 3, purchase: 6, dismiss: -4 };

/** The part of the features' input that differs by candidate; RequestFeatures is the rest. */
export interface CandidateFeatures {
  item: Item;
  /** Scores of the sources that retrieved it, each relative to the source's best, 0–1. */
  sources: Readonly<Partial<Record<SourceName, { score: number }>>>;
  /** Rank by the retrieval model, from 0; undefined if the model did not retrieve it. */
  retrievalRank: number | undefined;
  /** Its score without a ranking model, 0 or more. */
  prior: number;
}

interface Feature {
  name: string;
  /** Values are clamped to it, so that no item's data can inflate a score, and have codes of a byte. */
  range: FeatureRange;
  read(candidate: CandidateFeatures, request: RequestFeatures): number;
}

const SHARE = new FeatureRange(0, 1);
const SIGNED = new FeatureRange(-1, 1);
const share = (name: string, read: Feature['read']): Feature => ({ name, range: SHARE, read });
const signed = (name: string, read: Feature['read']): Feature => ({ name, range: SIGNED, read });
const source = (name: SourceName): Feature => share(`source/${name}`, ({ sources }) => sources[name]?.score ?? 0);

/** 0 for 0, 1 from `max` on; steepest for small numbers. */
const logShare = (value: number, max: number): number => Math.log1p(Math.max(0, value)) / Math.log1p(max);
const sumOf = (labels: readonly string[], shares: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const label of labels) sum += shares.get(label) ?? 0;
  return sum;
};

/** Mean over the item's genres and tags. */
const computeLift = ({ genres, tags }: Item, lifts: Lifts): number =>
  (sumOf(genres, lifts) + sumOf(tags, lifts)) / Math.max(1, genres.length + tags.length);

const YEAR_DAYS = 365;
const OLD_YEARS = 30;
const FRESH_DAYS = 60;
const PRICE_MAX = 100;
const HISTORY_MAX = 128;
const PASSED_OVER_MAX = 20;
const IDLE_DAYS_MAX = 365;
const HOURS = 24;
const toAngle = (hour: number): number => (2 * Math.PI * hour) / HOURS;
const getAgeDays = (item: Item, { todayMs }: RequestFeatures): number | undefined =>
  item.releaseDate === null ? undefined : (todayMs - getReleaseMs(item)) / 86_400_000;

/** Cached, because every page reads the same items. */
const releases = new WeakMap<Item, number>();
function getReleaseMs(item: Item): number {
  const known = releases.get(item);
  if (known !== undefined) return known;
  const parsed = Date.parse(item.releaseDate ?? '');
  releases.set(item, parsed);
  return parsed;
}

/** Nobody scrolls further. */
const ROW_MAX = 20;
const COLUMN_MAX = 100;

/**
 * The features in order. The last two are the entry's position: known in training, 0 for all when serving. The rows
 * that contain a candidate are not features: they depend on how pages are composed now (docs/experiments.md).
 */
export const FEATURES: readonly Feature[] = [
  source('retrieval'),
  share('retrieval/rank', ({ retrievalRank: rank }) => (rank === undefined ? 0 : 1 / Math.log2(rank + 2))),
  source('search'),
  source('similar'),
  signed('prior', ({ prior }) => Math.tanh(Math.log(prior + 1e-4) / 4)),
  // The square root, and the square root of that: popularity falls so steeply that most items would be
  // indistinguishable.
  share('popularity', ({ item }, { popularity }) => Math.sqrt(popularity.get(item.itemId) ?? 0)),
  share('popularity/tail', ({ item }, { popularity }) => (popularity.get(item.itemId) ?? 0) ** 0.25),
  share('trend', ({ item }, { trend }) => trend.get(item.itemId) ?? 0),
  share('trend/country', ({ item }, { countryTrend }) => countryTrend.get(item.itemId) ?? 0),
  share('rating', ({ item }, { rating }) => rating.get(item.itemId) ?? 0),
  share('age', ({ item }, request) => logShare((getAgeDays(item, request) ?? 0) / YEAR_DAYS, OLD_YEARS)),
  share('freshness', ({ item }, request) => Math.exp(-Math.max(0, getAgeDays(item, request) ?? Infinity) / FRESH_DAYS)),
  share('affinity/genres', ({ item }, { genres }) => sumOf(item.genres, genres)),
  share('affinity/tags', ({ item }, { tags }) => sumOf(item.tags, tags)),
  share('developer/known', ({ item }, { developers }) => Number(developers.has(item.developer ?? ''))),
  share('series/known', ({ item }, { series }) => Number(series.has(seriesOf(item.title)))),
  share('affinity/last', ({ item }, { lastLabels }) => computeJaccard(getLabels(item), lastLabels)),
  signed('affinity/lift', ({ item }, { lifts }) => Math.tanh(computeLift(item, lifts))),
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
  share('passed-over', ({ item }, { passedOver }) => logShare(passedOver.get(item.itemId) ?? 0, PASSED_OVER_MAX)),
  signed('hour/sine', (_, { localHour }) => (localHour === null ? 0 : Math.sin(toAngle(localHour)))),
  signed('hour/cosine', (_, { localHour }) => (localHour === null ? 0 : Math.cos(toAngle(localHour)))),
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

/** Raise it with every change of a feature's values, including changes in the files that features are computed with. */
const FEATURES_VERSION = 7;

/** Identifies the list, its order and its ranges: a model can be served only with the features it was trained on. */
export const FEATURES_HASH: string = hashString(
  JSON.stringify([FEATURES_VERSION, ACTIONS, FEATURES.map(({ name, range: { min, max } }) => [name, [min, max]])]),
).toString(16);

/** Returns [candidates, FEATURES], row by row, without positions: values that have codes. NaN becomes 0. */
export function encodeFeatures(candidates: readonly CandidateFeatures[], request: RequestFeatures): Float32Array {
  const rows = new Float32Array(candidates.length * FEATURES.length);
  let cell = 0;
  for (const candidate of candidates)
    for (let at = 0; at < FEATURES.length; at++) {
      const { read, range } = FEATURES[at]!;
      rows[cell++] = range.round(read(candidate, request));
    }
  return rows;
}

/** Packs rows of `encodeFeatures` for the log, a byte a feature. */
export const packFeatures = (rows: Float32Array): Uint8Array =>
  Uint8Array.from(rows, (value, cell) => FEATURES[cell % FEATURES.length]!.range.toCode(value));

/** Returns the rows that were packed, bit for bit. */
export const unpackFeatures = (bytes: Uint8Array): Float32Array =>
  Float32Array.from(bytes, (code, cell) => FEATURES[cell % FEATURES.length]!.range.fromCode(code));

/** Writes the position of an entry into its logged row of features. */
export function writePosition(features: Float32Array, row: number, column: number): void {
  features[FEATURES.length - 2] = Math.min(1, logShare(row, ROW_MAX));
  features[FEATURES.length - 1] = Math.min(1, logShare(column, COLUMN_MAX));
}

/** Returns one number for each row of probabilities, [candidates, ACTIONS]; above 0, so that factors can re-rank it. */
export function computeExpectedUtilities(probabilities: Float32Array): Float32Array {
  const utilities = new Float32Array(probabilities.length / ACTIONS.length);
  for (let candidate = 0; candidate < utilities.length; candidate++) {
    let utility = 0;
    ACTIONS.forEach((action, at) => {
      utility += ACTION_UTILITIES[action] * probabilities[candidate * ACTIONS.length + at]!;
    });
    utilities[candidate] =
      utility > UTILITY_SMALL ? utility : UTILITY_SMALL * Math.exp((utility / UTILITY_SMALL - 1) / DECAY);
  }
  return utilities;
}

/** Smaller utilities are squeezed between 0 and this, in order. */
const UTILITY_SMALL = 0.01;
const DECAY = 50;
