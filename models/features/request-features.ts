// What the features of all candidates of one answer have in common: the player's habits, the lists of the day, the context.
// Computed once for each answer.

import type { RequestContext } from '../contracts/context.ts';
import type { Item } from '../contracts/item.ts';
import type { UserState } from '../contracts/signals.ts';
import type { ItemScore, Statistics } from '../contracts/statistics.ts';
import { computeGenreAffinity, type GenreAffinity } from './affinity.ts';
import { computeLabelLifts, type Lifts } from './lift.ts';
import { seriesOf } from './series.ts';

type Shares = ReadonlyMap<string, number>;

export interface RequestFeatures {
  /** The player's taste, as shares that add up to 1. */
  genres: Shares;
  tags: Shares;
  /** Of games that the player chose. */
  developers: ReadonlySet<string>;
  /** As seriesOf names them. */
  series: ReadonlySet<string>;
  /** Genres and tags of the game that the player took to last. */
  lastLabels: ReadonlySet<string>;
  /** Of genres and tags. */
  lifts: Lifts;
  /** Since the player last did anything with a game. */
  idleDays: number;
  /** Median price of the games that the player owns or plays; null where none is known. */
  usualPrice: number | null;
  /** Shares of the recent history: what was played, and what was played for long. */
  plays: number;
  longPlays: number;
  historyLength: number;
  /** How often an item was shown since the player last did anything with it. */
  shown: Shares;
  /** The player's own, −1 to 1. */
  popularityDial: number;
  /** By item id, the list's best at 1. */
  popularity: Shares;
  trend: Shares;
  countryTrend: Shares;
  rating: Shares;
  /** In lower case. */
  platform: string | null;
  localHour: number | null;
  /** Epoch milliseconds of the day's beginning, UTC. */
  todayMs: number;
}

export interface RequestFeatureInput {
  user: UserState;
  affinity: readonly GenreAffinity[];
  catalogue: { get(itemId: string): Item | undefined };
  statistics: Statistics | null;
  popularity: Shares;
  context: RequestContext;
  today: string;
}

/** Of who has done nothing yet. */
const IDLE_DAYS_UNKNOWN = 365;
/** A play that counts for at least this was a long one (weights.ts): some two hours. */
const LONG_PLAY_WEIGHT = 0.9;

export function computeRequestFeatures(material: RequestFeatureInput): RequestFeatures {
  const { user, affinity, catalogue, statistics, popularity, context, today } = material;
  const { history } = user;
  const tags = computeGenreAffinity(history, (itemId) => catalogue.get(itemId)?.tags);
  const played = history.filter(({ strongestType }) => strongestType === 'play');
  const ofHistory = (items: readonly unknown[]) => (history.length > 0 ? items.length / history.length : 0);
  const chosen = history.filter(({ weight }) => weight > 0).map(({ itemId }) => catalogue.get(itemId));
  return {
    genres: new Map(affinity.map(({ genre, share }) => [genre, share])),
    tags: new Map(tags.map(({ genre: tag, share }) => [tag, share])),
    developers: new Set(chosen.flatMap((item) => item?.developer ?? [])),
    series: new Set(chosen.flatMap((item) => (item === undefined ? [] : seriesOf(item.title)))),
    lastLabels: labelsOfLast(history, catalogue),
    lifts: computeLabelLifts(user, catalogue),
    idleDays: history[0]?.ageDays ?? IDLE_DAYS_UNKNOWN,
    usualPrice: medianPrice([...user.owned, ...user.played], catalogue),
    plays: ofHistory(played),
    longPlays: ofHistory(played.filter(({ weight }) => weight >= LONG_PLAY_WEIGHT)),
    historyLength: history.length,
    shown: new Map(user.shown.map(({ itemId, times }) => [itemId, times])),
    popularityDial: user.preferences.popularity,
    popularity,
    trend: sharesOf(statistics?.trending),
    countryTrend: sharesOf(statistics?.trendingByCountry[context.country ?? '']),
    rating: sharesOf(statistics?.bestRated),
    platform: context.platform?.toLowerCase() ?? null,
    localHour: context.localHour,
    todayMs: Date.parse(today),
  };
}

function labelsOfLast(history: UserState['history'], catalogue: RequestFeatureInput['catalogue']): ReadonlySet<string> {
  const last = history.find(({ weight }) => weight > 0);
  const item = last && catalogue.get(last.itemId);
  return new Set(item === undefined ? [] : [...item.genres, ...item.tags]);
}

function medianPrice(itemIds: readonly string[], catalogue: RequestFeatureInput['catalogue']): number | null {
  const prices = [...new Set(itemIds)].flatMap((itemId) => catalogue.get(itemId)?.price ?? []).sort((a, b) => a - b);
  return prices[prices.length >> 1] ?? null;
}

/** The lists are the same for many answers. */
const known = new WeakMap<readonly ItemScore[], Shares>();
const NONE: Shares = new Map();

function sharesOf(list: readonly ItemScore[] | undefined): Shares {
  if (list === undefined) return NONE;
  const before = known.get(list);
  if (before !== undefined) return before;
  const best = list[0]?.[1] ?? 0;
  const shares = new Map(list.map(([itemId, score]) => [itemId, best > 0 ? score / best : 0]));
  known.set(list, shares);
  return shares;
}
