// Derives the user state from signals, in two steps: the part that only events change is computed once for each state
// of the signals, and kept with them; what changes with the clock (ages, the window of searches, sessions) is read from
// it at each question. Pure: the time is passed in.

import { RETRACTIONS } from '../contracts/event.ts';
import type { Preferences } from '../contracts/preferences.ts';
import type { HistoryItem, SignalEvent, Signals, UserState } from '../contracts/signals.ts';
import { getResetAt, listMarkedItems, type MarkedItems } from './marked-items.ts';
import { type PreparedShown, prepareShown, readShown } from './shown.ts';
import { weighEvent } from './weights.ts';

const DAY_MS = 86_400_000;
const HISTORY_MAX = 128;
const SEARCHES_MAX = 5;
/** Older searches no longer show what the player is looking for. */
const SEARCHES_DAYS = 3;
const ITEM_WEIGHT_MIN = -1;
const ITEM_WEIGHT_MAX = 1.5;

/** Times are epoch milliseconds. */
type PreparedItem = Omit<HistoryItem, 'ageDays' | 'playedDaysAgo'> & { at: number; playedAt?: number };

/** The part of the state that only events change. Lists are newest first. */
interface PreparedState extends MarkedItems {
  history: PreparedItem[];
  searches: { query: string; at: number }[];
  shown: PreparedShown;
}

// Signals and their marks never change: new events make new ones.
const preparedStates = new WeakMap<Signals, PreparedState>();
const markedItems = new WeakMap<Signals['marks'], MarkedItems>();

function computeOnce<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  compute: (key: Key) => Value,
): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const computed = compute(key);
  known.set(key, computed);
  return computed;
}

/** Derives what ranking needs from signals and preferences. `now`: epoch milliseconds. */
export function deriveUserState(signals: Signals, preferences: Preferences, now: number): UserState {
  const { history, searches, shown, ...marked } = computeOnce(preparedStates, signals, prepareUserState);
  return {
    ...marked,
    history: appendPicks(
      history.map((item) => readItem(item, now)),
      preferences.items,
    ),
    searches: searches.filter(({ at }) => now - at <= SEARCHES_DAYS * DAY_MS).map(({ query }) => query),
    shown: readShown(shown, now),
    preferences,
  };
}

/** Leaves out what the last reset made forgotten. */
function prepareUserState({ actions: allActions, impressions, marks }: Signals): PreparedState {
  const resetAt = getResetAt(marks);
  const dropForgotten = (events: SignalEvent[]) =>
    resetAt === undefined ? events : events.filter(({ timestamp }) => timestamp > resetAt);
  const actions = dropForgotten(allActions);
  return {
    ...computeOnce(markedItems, marks, listMarkedItems),
    history: listHistory(actions),
    searches: actions
      .flatMap(({ type, query, timestamp }) => (type === 'search' && query !== null ? { query, at: timestamp } : []))
      .slice(0, SEARCHES_MAX),
    shown: prepareShown({ actions, impressions: dropForgotten(impressions) }),
  };
}

const computeAgeDays = (at: number, now: number): number => Math.max(0, (now - at) / DAY_MS);

function readItem({ at, playedAt, ...item }: PreparedItem, now: number): HistoryItem {
  const read = { ...item, ageDays: computeAgeDays(at, now) };
  return playedAt === undefined ? read : { ...read, playedDaysAgo: computeAgeDays(playedAt, now) };
}

/** The weight of a picked item: less than a like's. */
const PICKED_WEIGHT = 0.7;

/** Appends picked items to the history, as its oldest. */
function appendPicks(history: HistoryItem[], picks: readonly string[]): HistoryItem[] {
  const known = new Set(history.map(({ itemId }) => itemId));
  const ageDays = history.at(-1)?.ageDays ?? 0;
  const picked = picks
    .filter((itemId) => !known.has(itemId))
    .map((itemId) => ({ itemId, weight: PICKED_WEIGHT, ageDays, strongestType: 'pick' }));
  return [...history, ...picked].slice(0, HISTORY_MAX);
}

/** Drops retractions and the events they take back. Compares timestamps, so that the order does not matter. */
function dropRetracted(events: readonly SignalEvent[]): readonly SignalEvent[] {
  const retractedAt = new Map<string, number>();
  for (const { type, itemId, timestamp } of events) {
    const retracted = RETRACTIONS[type];
    if (retracted === undefined) continue;
    const key = `${retracted} ${itemId}`;
    retractedAt.set(key, Math.max(retractedAt.get(key) ?? 0, timestamp));
  }
  if (retractedAt.size === 0) return events;
  return events.filter(
    ({ type, itemId, timestamp }) =>
      RETRACTIONS[type] === undefined && timestamp > (retractedAt.get(`${type} ${itemId}`) ?? Number.NEGATIVE_INFINITY),
  );
}

/** Lists the items of the recent actions, newest first, each with the sum of its events' weights. */
function listHistory(actions: readonly SignalEvent[]): PreparedItem[] {
  const items = new Map<string, PreparedItem & { strongest: number }>();
  for (const event of dropRetracted(actions)) {
    const { itemId, type, timestamp: at } = event;
    if (itemId === null) continue;
    const weight = weighEvent(event);
    let item = items.get(itemId);
    if (item === undefined) {
      item = { itemId, weight: 0, at, strongestType: type, strongest: 0 };
      items.set(itemId, item);
    }
    item.weight += weight;
    if (type === 'play') item.playedAt ??= at;
    if (Math.abs(weight) > item.strongest) {
      item.strongest = Math.abs(weight);
      item.strongestType = type;
    }
  }
  return [...items.values()]
    .filter((item) => item.weight !== 0)
    .slice(0, HISTORY_MAX)
    .map(({ strongest: _, weight, ...item }) => ({
      ...item,
      weight: Math.min(ITEM_WEIGHT_MAX, Math.max(ITEM_WEIGHT_MIN, weight)),
    }));
}
