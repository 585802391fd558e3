// The part of the features' input that all candidates of a request share: the player's habits, statistics, the context.
// Computed once per request.

import type { RequestContext } from '../contracts/context.ts';
import type { UserState } from '../contracts/signals.ts';
import { computeTagShares, type GenreAffinity } from './affinity.ts';
import { type ItemColumns, toDay } from './item-columns.ts';
import { computeLabelLifts } from './lift.ts';
import type { StatisticsColumns } from './statistics-columns.ts';
import type { Folds } from './string-table.ts';

/** Shares by item index, relative to the list's best. */
type Shares = ReadonlyMap<number, number>;

export interface RequestFeatures {
  columns: ItemColumns;
  /** The player's affinity by label, as shares that add up to 1. */
  genres: Float64Array;
  tags: Float64Array;
  /** By developer, 1 for those of the items of positive weight. */
  developers: Uint8Array;
  /** By series, likewise. */
  series: Uint8Array;
  /** The latest item of positive weight; −1 if there is none, or if it is not visible. */
  lastIndex: number;
  /** By label. */
  lifts: Float64Array;
  /** Days since the player's last event for an item. */
  idleDays: number;
  /** Median price of owned and played items; null if none is known. */
  usualPrice: number | null;
  /** Shares of the history that was played, and that was played for long. */
  plays: number;
  longPlays: number;
  historyLength: number;
  /** By item index, how often the player passed the item over (shown.ts). */
  passedOver: ReadonlyMap<number, number>;
  /** −1 to 1. */
  popularityDial: number;
  /** By item index. */
  popularity: Float64Array;
  countryTrend: Shares;
  statistics: StatisticsColumns;
  /** The folds of the player's platform, if any item has it; null if it is unknown. */
  platforms: Folds | null;
  localHour: number | null;
  /** Days since the epoch, UTC. */
  today: number;
}

interface RequestFeatureInput {
  user: UserState;
  affinity: readonly GenreAffinity[];
  columns: ItemColumns;
  statistics: StatisticsColumns;
  context: RequestContext;
  /** ISO date. */
  today: string;
}

/** Default for users without events. */
const IDLE_DAYS_UNKNOWN = 365;
/** A play of this weight took about two hours (weights.ts). */
const LONG_PLAY_WEIGHT = 0.9;

export function computeRequestFeatures(input: RequestFeatureInput): RequestFeatures {
  const { user, affinity, columns, statistics, context, today } = input;
  const { history, shown } = user;
  const indexes = {
    history: history.map(({ itemId }) => columns.find(itemId)),
    shown: shown.map(({ itemId }) => columns.find(itemId)),
  };
  const played = history.filter(({ strongestType }) => strongestType === 'play');
  const computeShare = (items: readonly unknown[]) => (history.length > 0 ? items.length / history.length : 0);
  const liked = indexes.history.filter((_, at) => history[at]!.weight > 0);
  const known = liked.filter((index) => index >= 0);
  return {
    columns,
    genres: toLabelShares(affinity, columns),
    tags: computeTagShares(history, indexes.history, columns.labels),
    developers: markNumbers(known, columns.developers, columns.developerTable.length),
    series: markNumbers(known, columns.series, columns.seriesTable.length),
    lastIndex: liked[0] ?? -1,
    lifts: computeLabelLifts(user, indexes, columns.labels),
    idleDays: history[0]?.ageDays ?? IDLE_DAYS_UNKNOWN,
    usualPrice: computeMedianPrice([...user.owned, ...user.played], columns),
    plays: computeShare(played),
    longPlays: computeShare(played.filter(({ weight }) => weight >= LONG_PLAY_WEIGHT)),
    historyLength: history.length,
    passedOver: countPassedOver(shown, indexes.shown),
    popularityDial: user.preferences.popularity,
    popularity: statistics.popularity,
    countryTrend: statistics.readCountry('trendingByCountry', context.country).shares,
    statistics,
    platforms: context.platform === null ? null : columns.labels.table.findFolds([context.platform]),
    localHour: context.localHour,
    today: toDay(today),
  };
}

/** By number of a table, 1 for those of the items. */
function markNumbers(indexes: readonly number[], numbers: Int32Array, length: number): Uint8Array {
  const marks = new Uint8Array(length);
  for (const index of indexes) if (numbers[index]! >= 0) marks[numbers[index]!] = 1;
  return marks;
}

function toLabelShares(affinity: readonly GenreAffinity[], { labels: { table } }: ItemColumns): Float64Array {
  const shares = new Float64Array(table.length);
  for (const { genre, share } of affinity) {
    const label = table.find(genre);
    if (label >= 0) shares[label] = share;
  }
  return shares;
}

/** `indexes`: of the items shown. */
function countPassedOver(shown: UserState['shown'], indexes: readonly number[]): Map<number, number> {
  const passedOver = new Map<number, number>();
  for (let at = 0; at < shown.length; at++) passedOver.set(indexes[at]!, shown[at]!.passedOver);
  return passedOver;
}

function computeMedianPrice(itemIds: Iterable<string>, columns: ItemColumns): number | null {
  const prices: number[] = [];
  for (const itemId of new Set(itemIds)) {
    const price = columns.prices[columns.find(itemId)] ?? Number.NaN;
    if (!Number.isNaN(price)) prices.push(price);
  }
  return Float64Array.from(prices).sort()[prices.length >> 1] ?? null;
}
