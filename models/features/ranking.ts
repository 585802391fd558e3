// The input and output of the ranking model: one ordered list of features, and the actions that it predicts with their
// utilities. Trainer and edge both import it; its hash is in every release. It reads no store and no clock.

import { ACTIONS, type AlgorithmSettings, DEFAULT_SETTINGS } from '../contracts/algorithm-settings.ts';
import type { SourceName } from '../contracts/gallery.ts';
import { FeatureColumn } from './feature-column.ts';
import { FeatureRange } from './feature-range.ts';
import { NO_DAY } from './item-columns.ts';
import { type ItemFeatureInput, readItemFeatures } from './item-features.ts';
import { type LabelSums, sumLabels } from './label-sums.ts';
import type { RequestFeatures } from './request-features.ts';
import { hashString } from './rng.ts';

/** The part of the features' input that differs by candidate, as columns by candidate; RequestFeatures is the rest. */
export interface CandidateFeatures {
  /** Item indexes. */
  indexes: ArrayLike<number>;
  /** Ranks by the retrieval model, from 0; −1 if the model did not retrieve it. */
  retrievalRanks: ArrayLike<number>;
  /** Scores without a ranking model, 0 or more. */
  priors: Float64Array;
  /** Scores of a source, relative to its best, 0–1; 0 for candidates that it did not retrieve. */
  readSource(source: SourceName): Float64Array;
}

/** A feature has one of four methods; a position has none. */
interface Feature {
  name: string;
  /** Values are clamped to it, so that no item's data can inflate a score, and have codes of a byte. */
  range: FeatureRange;
  /** Returns the value that all candidates share. */
  computeOfRequest?(request: RequestFeatures): number;
  /** Returns the candidates' values. */
  read?(candidates: CandidateFeatures, sums: LabelSums): Float64Array;
  /** Writes the candidates' values; those that it does not write are 0. */
  write?(column: FeatureColumn, candidates: CandidateFeatures, request: RequestFeatures, sums: LabelSums): void;
  /** Returns the value of an item, whoever the player is. */
  computeOfItem?(input: ItemFeatureInput, index: number): number;
}
type Read = NonNullable<Feature['read']>;
type Write = NonNullable<Feature['write']>;
type ComputeOfRequest = NonNullable<Feature['computeOfRequest']>;

const SHARE = new FeatureRange(0, 1);
const SIGNED = new FeatureRange(-1, 1);
const share = (name: string, write: Write): Feature => ({ name, range: SHARE, write });
const signed = (name: string, write: Write): Feature => ({ name, range: SIGNED, write });
const shareOfRequest = (name: string, computeOfRequest: ComputeOfRequest): Feature => ({
  name,
  range: SHARE,
  computeOfRequest,
});
const signedOfRequest = (name: string, computeOfRequest: ComputeOfRequest): Feature => ({
  name,
  range: SIGNED,
  computeOfRequest,
});
const shareOf = (name: string, read: Read): Feature => ({ name, range: SHARE, read });
const source = (name: SourceName): Feature => shareOf(`source/${name}`, ({ readSource }) => readSource(name));
const shareOfItem = (name: string, computeOfItem: NonNullable<Feature['computeOfItem']>): Feature => ({
  name,
  range: SHARE,
  computeOfItem,
});

/** 0 for 0, 1 from `max` on; steepest for small numbers. */
const logShare = (value: number, max: number): number => (value > 0 ? Math.log1p(value) / Math.log1p(max) : 0);

/** tanh(log(ratio)), without either: −1 for 0, 0 for 1, 1 for infinity. */
const compareRatio = (ratio: number): number => 1 - 2 / (ratio * ratio + 1);

const YEAR_DAYS = 365;
const OLD_YEARS = 30;
const FRESH_DAYS = 60;
const PRICE_MAX = 100;
const HISTORY_MAX = 128;
const PASSED_OVER_MAX = 20;
const IDLE_DAYS_MAX = 365;
const HOURS = 24;
/** Undefined without a release date. */
function getAgeDays({ columns, today }: ItemFeatureInput, index: number): number | undefined {
  const day = columns.releaseDays[index]!;
  return day === NO_DAY ? undefined : today - day;
}

const toAngle = (hour: number): number => (2 * Math.PI * hour) / HOURS;

/** Nobody scrolls further. */
const ROW_MAX = 20;
const COLUMN_MAX = 100;

/**
 * The features in order. The last two are the entry's position: known in training, 0 for all when serving. The rows
 * that contain a candidate are not features: they depend on how pages are composed now (docs/experiments.md).
 */
export const FEATURES: readonly Feature[] = [
  source('retrieval'),
  share('retrieval/rank', (column, { retrievalRanks }) => {
    for (let one = 0; one < retrievalRanks.length; one++)
      if (retrievalRanks[one]! >= 0) column.set(one, 1 / Math.log2(retrievalRanks[one]! + 2));
  }),
  source('search'),
  source('similar'),
  signed('prior', (column, { priors }) => {
    for (let one = 0; one < priors.length; one++)
      column.set(one, compareRatio(Math.sqrt(Math.sqrt(priors[one]! + 1e-4))));
  }),
  // The square root, and the square root of that: popularity falls so steeply that most items would be
  // indistinguishable.
  shareOfItem('popularity', ({ statistics }, index) => Math.sqrt(statistics.popularity[index]!)),
  shareOfItem('popularity/tail', ({ statistics }, index) => Math.sqrt(Math.sqrt(statistics.popularity[index]!))),
  shareOfItem('trend', ({ statistics }, index) => statistics.trending.shares.get(index) ?? 0),
  share('trend/country', (column, { indexes }, { countryTrend }) => {
    if (countryTrend.size === 0) return;
    for (let one = 0; one < indexes.length; one++) column.set(one, countryTrend.get(indexes[one]!) ?? 0);
  }),
  shareOfItem('rating', ({ statistics }, index) => statistics.bestRated.shares.get(index) ?? 0),
  shareOfItem('age', (input, index) => logShare((getAgeDays(input, index) ?? 0) / YEAR_DAYS, OLD_YEARS)),
  shareOfItem('freshness', (input, index) =>
    Math.exp(-Math.max(0, getAgeDays(input, index) ?? Number.POSITIVE_INFINITY) / FRESH_DAYS),
  ),
  shareOf('affinity/genres', (_, { genres }) => genres),
  shareOf('affinity/tags', (_, { tags }) => tags),
  share('developer/known', (column, { indexes }, { columns, developers }) => {
    for (let one = 0; one < indexes.length; one++) column.set(one, developers[columns.developers[indexes[one]!]!] ?? 0);
  }),
  share('series/known', (column, { indexes }, { columns, series }) => {
    for (let one = 0; one < indexes.length; one++) column.set(one, series[columns.series[indexes[one]!]!]!);
  }),
  shareOf('affinity/last', (_, { last }) => last),
  signed('affinity/lift', (column, _, __, { meanLifts }) => {
    for (let one = 0; one < meanLifts.length; one++)
      column.set(one, meanLifts[one] === 0 ? 0 : Math.tanh(meanLifts[one]!));
  }),
  shareOfItem('price', ({ columns }, index) => logShare(columns.prices[index]!, PRICE_MAX)),
  shareOfItem('price/free', ({ columns }, index) => (columns.prices[index] === 0 ? 1 : 0)),
  signed('price/relative', (column, { indexes }, { columns: { prices }, usualPrice }) => {
    if (usualPrice === null) return;
    // NaN, without a price, becomes 0.
    for (let one = 0; one < indexes.length; one++)
      column.set(one, compareRatio((prices[indexes[one]!]! + 1) / (usualPrice + 1)));
  }),
  shareOfRequest('player/plays', ({ plays }) => plays),
  shareOfRequest('player/long-plays', ({ longPlays }) => longPlays),
  shareOfRequest('player/history', ({ historyLength }) => logShare(historyLength, HISTORY_MAX)),
  shareOfRequest('player/idle', ({ idleDays }) => logShare(idleDays, IDLE_DAYS_MAX)),
  signedOfRequest('player/popularity-dial', ({ popularityDial }) => popularityDial),
  share('passed-over', (column, { indexes }, { passedOver }) => {
    if (passedOver.size === 0) return;
    for (let one = 0; one < indexes.length; one++)
      column.set(one, logShare(passedOver.get(indexes[one]!) ?? 0, PASSED_OVER_MAX));
  }),
  signedOfRequest('hour/sine', ({ localHour }) => (localHour === null ? 0 : Math.sin(toAngle(localHour)))),
  signedOfRequest('hour/cosine', ({ localHour }) => (localHour === null ? 0 : Math.cos(toAngle(localHour)))),
  signed('platform/match', (column, { indexes }, { columns: { labels }, platforms }) => {
    if (platforms === null) return;
    for (let one = 0; one < indexes.length; one++)
      if (labels.hasPlatforms(indexes[one]!))
        column.set(one, labels.findPlatform(indexes[one]!, platforms) >= 0 ? 1 : -1);
  }),
  { name: 'position/row', range: SHARE },
  { name: 'position/column', range: SHARE },
];

/** The features that depend on the item, the statistics and the day alone, and where they are in the list. */
const OF_ITEM = FEATURES.flatMap(({ range, computeOfItem }, at) =>
  computeOfItem === undefined ? [] : [{ at, range, compute: computeOfItem }],
);

const PLACES = Int32Array.from(OF_ITEM, ({ at }) => at);

/** Raise it with every change of a feature's values, including changes in the files that features are computed with. */
const FEATURES_VERSION = 7;

/** Identifies the list, its order and its ranges: a model can be served only with the features it was trained on. */
export const FEATURES_HASH: string = hashString(
  JSON.stringify([FEATURES_VERSION, ACTIONS, FEATURES.map(({ name, range: { min, max } }) => [name, [min, max]])]),
).toString(16);

/** Returns [candidates, FEATURES], without positions: values that have codes. NaN becomes 0. */
export function encodeFeatures(
  candidates: CandidateFeatures,
  request: RequestFeatures,
  sums: LabelSums = sumLabels(candidates.indexes, request),
): Float32Array {
  const rows = new Float32Array(candidates.indexes.length * FEATURES.length);
  fillShared(rows, request);
  writeOfItems(rows, candidates.indexes, request);
  for (const [at, { range, read, write }] of FEATURES.entries()) {
    const column = new FeatureColumn(rows, FEATURES.length, at, range);
    if (read !== undefined) column.setAll(read(candidates, sums));
    else write?.(column, candidates, request, sums);
  }
  return rows;
}

/** Fills all rows with the values that candidates share. */
function fillShared(rows: Float32Array, request: RequestFeatures): void {
  if (rows.length === 0) return;
  for (const [at, { range, computeOfRequest }] of FEATURES.entries())
    if (computeOfRequest !== undefined) rows[at] = range.round(computeOfRequest(request));
  for (let filled = FEATURES.length; filled < rows.length; filled *= 2) rows.copyWithin(filled, 0, filled);
}

function writeOfItems(
  rows: Float32Array,
  indexes: ArrayLike<number>,
  { columns, statistics, today }: RequestFeatures,
): void {
  const input = { columns, statistics, today };
  const width = OF_ITEM.length;
  const kept = readItemFeatures(width, input);
  for (let candidate = 0, row = 0; candidate < indexes.length; candidate++, row += FEATURES.length) {
    const index = indexes[candidate]!;
    const start = index * width;
    if (Number.isNaN(kept[start]))
      for (let of = 0; of < width; of++)
        kept[start + of] = OF_ITEM[of]!.range.round(OF_ITEM[of]!.compute(input, index));
    for (let of = 0; of < width; of++) rows[row + PLACES[of]!] = kept[start + of]!;
  }
}

/** Packs rows of `encodeFeatures` for the log, a byte a feature. */
export function packFeatures(rows: Float32Array): Uint8Array {
  const bytes = new Uint8Array(rows.length);
  for (const [at, { range }] of FEATURES.entries())
    for (let cell = at; cell < rows.length; cell += FEATURES.length) bytes[cell] = range.toCode(rows[cell]!);
  return bytes;
}

/** Returns the rows that were packed, bit for bit. */
export function unpackFeatures(bytes: Uint8Array): Float32Array {
  const rows = new Float32Array(bytes.length);
  for (const [at, { range }] of FEATURES.entries())
    for (let cell = at; cell < rows.length; cell += FEATURES.length) rows[cell] = range.fromCode(bytes[cell]!);
  return rows;
}

/** Writes the position of an entry into its logged row of features. */
export function writePosition(features: Float32Array, row: number, column: number): void {
  features[FEATURES.length - 2] = Math.min(1, logShare(row, ROW_MAX));
  features[FEATURES.length - 1] = Math.min(1, logShare(column, COLUMN_MAX));
}

/** Returns one number for each row of probabilities, [candidates, ACTIONS]; above 0, so that factors can re-rank it. */
export function computeExpectedUtilities(
  probabilities: Float32Array,
  actionUtilities: AlgorithmSettings['actionUtilities'] = DEFAULT_SETTINGS.actionUtilities,
): Float32Array {
  const weights = ACTIONS.map((action) => actionUtilities[action]);
  const utilities = new Float32Array(probabilities.length / ACTIONS.length);
  for (let candidate = 0; candidate < utilities.length; candidate++) {
    let utility = 0;
    for (let at = 0; at < weights.length; at++)
      utility += weights[at]! * probabilities[candidate * weights.length + at]!;
    utilities[candidate] =
      utility > UTILITY_SMALL ? utility : UTILITY_SMALL * Math.exp((utility / UTILITY_SMALL - 1) / DECAY);
  }
  return utilities;
}

/** Smaller utilities are squeezed between 0 and this, in order. */
const UTILITY_SMALL = 0.01;
const DECAY = 50;
