// The part of the features' input that all candidates of a request share: the player's habits, statistics, the context.
// Computed once per request.

import type { RequestContext } from '../contracts/context.ts';
import type { Item } from '../contracts/item.ts';
import type { UserState } from '../contracts/signals.ts';
import type { ItemScore, Statistics } from '../contracts/statistics.ts';
import { computeGenreAffinity, type GenreAffinity } from './affinity.ts';
import { computeLabelLifts, type Lifts } from './lift.ts';
import { seriesOf } from './series.ts';

type Shares = ReadonlyMap<string, number>;

export interface RequestFeatures {
  /** The player's affinity, as shares that add up to 1. */
  genres: Shares;
  tags: Shares;
  /** Developers of the items of positive weight. */
  developers: ReadonlySet<string>;
  /** Series of the same items. */
  series: ReadonlySet<string>;
  /** Genres and tags of the latest item of positive weight. */
  lastLabels: ReadonlySet<string>;
  lifts: Lifts;
  /** Days since the player's last event for an item. */
  idleDays: number;
  /** Median price of owned and played items; null if none is known. */
  usualPrice: number | null;
  /** Shares of the history that was played, and that was played for long. */
  plays: number;
  longPlays: number;
  historyLength: number;
  /** By item id, how often the player passed the item over (shown.ts). */
  passedOver: ReadonlyMap<string, number>;
  /** −1 to 1. */
  popularityDial: number;
  /** Scores by item id, relative to the list's best. */
  popularity: Shares;
  trend: Shares;
  countryTrend: Shares;
  rating: Shares;
  /** In lower case. */
  platform: string | null;
  localHour: number | null;
  /** Epoch milliseconds of the start of the day, UTC. */
  todayMs: number;
}

interface RequestFeatureInput {
  user: UserState;
  affinity: readonly GenreAffinity[];
  catalogue: { get(itemId: string): Item | undefined };
  statistics: Statistics | null;
  popularity: Shares;
  context: RequestContext;
  today: string;
}

/** Default for users without events. */
const IDLE_DAYS_UNKNOWN = 365;
/** A play of this weight took about two hours (weights.ts). */
const LONG_PLAY_WEIGHT = 0.9;

export function computeRequestFeatures(input: RequestFeatureInput): RequestFeatures {
  const { user, affinity, catalogue, statistics, popularity, context, today } = input;
  const { history } = user;
  const tags = computeGenreAffinity(history, (itemId) => catalogue.get(itemId)?.tags);
  const played = history.filter(({ strongestType }) => strongestType === 'play');
  const computeShare = (items: readonly unknown[]) => (history.length > 0 ? items.length / history.length : 0);
  const liked = history.filter(({ weight }) => weight > 0).map(({ itemId }) => catalogue.get(itemId));
  return {
    genres: new Map(affinity.map(({ genre, share }) => [genre, share])),
    tags: new Map(tags.map(({ genre: tag, share }) => [tag, share])),
    developers: new Set(liked.flatMap((item) => item?.developer ?? [])),
    series: new Set(liked.flatMap((item) => (item === undefined ? [] : seriesOf(item.title)))),
    lastLabels: listLastLabels(history, catalogue),
    lifts: computeLabelLifts(user, catalogue),
    idleDays: history[0]?.ageDays ?? IDLE_DAYS_UNKNOWN,
    usualPrice: computeMedianPrice([...user.owned, ...user.played], catalogue),
    plays: computeShare(played),
    longPlays: computeShare(played.filter(({ weight }) => weight >= LONG_PLAY_WEIGHT)),
    historyLength: history.length,
    passedOver: new Map(user.shown.map(({ itemId, passedOver }) => [itemId, passedOver])),
    popularityDial: user.preferences.popularity,
    popularity,
    trend: toShares(statistics?.trending),
    countryTrend: toShares(statistics?.trendingByCountry[context.country ?? '']),
    rating: toShares(statistics?.bestRated),
    platform: context.platform?.toLowerCase() ?? null,
    localHour: context.localHour,
    todayMs: Date.parse(today),
  };
}

function listLastLabels(
  history: UserState['history'],
  catalogue: RequestFeatureInput['catalogue'],
): ReadonlySet<string> {
  const last = history.find(({ weight }) => weight > 0);
  const item = last && catalogue.get(last.itemId);
  return new Set(item === undefined ? [] : [...item.genres, ...item.tags]);
}

function computeMedianPrice(itemIds: readonly string[], catalogue: RequestFeatureInput['catalogue']): number | null {
  const prices = [...new Set(itemIds)].flatMap((itemId) => catalogue.get(itemId)?.price ?? []).sort((a, b) => a - b);
  return prices[prices.length >> 1] ?? null;
}

/** Cached, because many requests read the same lists. */
const known = new WeakMap<readonly ItemScore[], Shares>();
const NONE: Shares = new Map();

function toShares(list: readonly ItemScore[] | undefined): Shares {
  if (list === undefined) return NONE;
  const before = known.get(list);
  if (before !== undefined) return before;
  const best = list[0]?.[1] ?? 0;
  const shares = new Map(list.map(([itemId, score]) => [itemId, best > 0 ? score / best : 0]));
  known.set(list, shares);
  return shares;
}
