// Folds events into a player's signals and derives the user state from them. Pure: no clock, no I/O; the Durable
// Object and the replay of a log run this same code. The result depends on the set of events, not on their order or
// repetition: lists are the newest N by (timestamp, id), marks are maxima, and both are idempotent.

import { type EventType, KEPT_BY_RESET, RETRACTIONS } from '../contracts/event.ts';
import type { Preferences } from '../contracts/preferences.ts';
import {
  type HistoryItem,
  MARK_KINDS,
  MARKS_MAX,
  type MarkKind,
  type Marks,
  RECENT_ACTIONS_MAX,
  RECENT_IMPRESSIONS_MAX,
  RESET_ITEM,
  type SignalEvent,
  type Signals,
  type UserState,
} from '../contracts/signals.ts';
import { hashString } from './rng.ts';
import { countShown } from './shown.ts';
import { weighEvent } from './weights.ts';

const DAY_MS = 86_400_000;
const HISTORY_MAX = 128;
const SEARCHES_MAX = 5;
/** Older searches no longer show what the player is looking for. */
const SEARCHES_DAYS = 3;
const ITEM_WEIGHT_MIN = -1;
const ITEM_WEIGHT_MAX = 1.5;

export const emptySignals = (): Signals => ({ actions: [], impressions: [], marks: new Map() });

/** The part of an event that signals keep. */
export const toSignalEvent = ({ id, type, itemId, value, query, timestamp }: SignalEvent): SignalEvent => ({
  id,
  type,
  itemId,
  value,
  query,
  timestamp,
});

/** The id of a guest's event in the log and the signals of the account that the guest was merged into. */
export const mergedEventId = (guestId: string, id: string): string => `${mergedEventPrefix(guestId)}${id}`;

/** A hash of the guest's id: two guests merged into one account may have used the same ids. */
export const mergedEventPrefix = (guestId: string): string => `${hashString(guestId).toString(16)}:`;

/** Newest first; ids break ties, so that every order of delivery gives the same list. */
const newestFirst = (a: SignalEvent, b: SignalEvent): number =>
  b.timestamp - a.timestamp || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

const isMark = (type: string): type is MarkKind => (MARK_KINDS as readonly string[]).includes(type);

interface Fold {
  signals: Signals;
  /** The new events, in the order given. */
  added: SignalEvent[];
}

/** Folds events into signals; those already kept are not counted again. Does not change its input. */
export function foldEvents(signals: Signals, events: readonly SignalEvent[]): Fold {
  const known = new Set<string>();
  for (const event of signals.actions) known.add(event.id);
  for (const event of signals.impressions) known.add(event.id);
  const added = events.filter((event) => !known.has(event.id) && known.add(event.id));
  if (added.length === 0) return { signals, added };

  const keepNewest = (kept: SignalEvent[], more: SignalEvent[], max: number) =>
    more.length === 0 ? kept : [...kept, ...more].sort(newestFirst).slice(0, max);
  return {
    signals: {
      actions: keepNewest(
        signals.actions,
        added.filter((event) => event.type !== 'impression'),
        RECENT_ACTIONS_MAX,
      ),
      impressions: keepNewest(
        signals.impressions,
        added.filter((event) => event.type === 'impression'),
        RECENT_IMPRESSIONS_MAX,
      ),
      marks: foldMarks(signals.marks, added),
    },
    added,
  };
}

function foldMarks(marks: Map<string, Marks>, events: readonly SignalEvent[]): Map<string, Marks> {
  const marking = events.flatMap(toMark);
  if (marking.length === 0) return marks;
  const folded = new Map(marks);
  for (const { kind, itemId, timestamp } of marking) {
    const before = folded.get(itemId) ?? {};
    folded.set(itemId, { ...before, [kind]: Math.max(before[kind] ?? 0, timestamp) });
  }
  const listed = listMarks(folded);
  return listed.length <= MARKS_MAX ? folded : collectMarks(listed.sort(newestMarkFirst).slice(0, MARKS_MAX));
}

/** One mark of one item, as a row. The bound counts marks, not items, so that the result does not depend on order. */
export interface Mark {
  itemId: string;
  kind: MarkKind;
  timestamp: number;
}

/** None for an event that leaves no mark. */
function toMark({ type, itemId, timestamp }: SignalEvent): Mark[] {
  const marked = type === 'reset' ? RESET_ITEM : itemId;
  return marked !== null && isMark(type) ? [{ itemId: marked, kind: type, timestamp }] : [];
}

const newestMarkFirst = (a: Mark, b: Mark): number =>
  b.timestamp - a.timestamp || (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : a.kind < b.kind ? -1 : 1);

export const listMarks = (marks: ReadonlyMap<string, Marks>): Mark[] =>
  [...marks].flatMap(([itemId, kinds]) =>
    Object.entries(kinds).map(([kind, timestamp]) => ({ itemId, kind: kind as MarkKind, timestamp })),
  );

export function collectMarks(marks: readonly Mark[]): Map<string, Marks> {
  const collected = new Map<string, Marks>();
  for (const { itemId, kind, timestamp } of marks)
    collected.set(itemId, { ...collected.get(itemId), [kind]: timestamp });
  return collected;
}

const RETRACTION_OF = new Map(Object.entries(RETRACTIONS).map(([retraction, type]) => [type, retraction as MarkKind]));

/** Time of the mark; 0 if there is none, or if it was taken back at that time or later. */
function getTrueAt(marks: Marks, kind: MarkKind): number {
  const at = marks[kind] ?? 0;
  const retraction = RETRACTION_OF.get(kind);
  return retraction !== undefined && (marks[retraction] ?? 0) >= at ? 0 : at;
}

/** A dismissal or dislike lasts until the player takes it back, or interacts with the game after all. */
function isDismissed(marks: Marks): boolean {
  const dismissedAt = Math.max(marks.dismiss ?? 0, marks.dislike ?? 0);
  const lifted = (['undismiss', 'like', 'purchase', 'play', 'wishlist'] as const).map((kind) => getTrueAt(marks, kind));
  return dismissedAt > Math.max(...lifted);
}

const isKeptByReset = (type: EventType): boolean => KEPT_BY_RESET.includes(type);

/** Keeps what the last reset left. Marks of purchases stay: a game that is owned is not recommended again. */
function dropForgotten({ actions, impressions, marks }: Signals): Signals {
  const resetAt = marks.get(RESET_ITEM)?.reset;
  if (resetAt === undefined) return { actions, impressions, marks };
  const isLater = ({ timestamp }: { timestamp: number }) => timestamp > resetAt;
  const kept = listMarks(marks).filter((mark) => isLater(mark) || isKeptByReset(mark.kind));
  return { actions: actions.filter(isLater), impressions: impressions.filter(isLater), marks: collectMarks(kept) };
}

/** Derives what ranking needs from signals and preferences. `now`: epoch milliseconds. */
export function deriveUserState(all: Signals, preferences: Preferences, now: number): UserState {
  const signals = dropForgotten(all);
  const itemsWith = (test: (marks: Marks) => boolean) =>
    [...signals.marks].filter(([, marks]) => test(marks)).map(([itemId]) => itemId);
  return {
    history: appendPicks(deriveHistory(signals.actions, now), preferences.items),
    owned: itemsWith((marks) => getTrueAt(marks, 'purchase') > 0),
    played: itemsWith((marks) => marks.play !== undefined || marks.rate !== undefined),
    liked: itemsWith((marks) => getTrueAt(marks, 'like') > 0),
    dismissed: itemsWith(isDismissed),
    searches: signals.actions
      .filter(
        ({ type, query, timestamp }) =>
          type === 'search' && query !== null && now - timestamp <= SEARCHES_DAYS * DAY_MS,
      )
      .slice(0, SEARCHES_MAX)
      .map((event) => event.query!),
    shown: countShown(signals, now),
    preferences,
  };
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
function deriveHistory(actions: readonly SignalEvent[], now: number): HistoryItem[] {
  const items = new Map<string, HistoryItem & { strongest: number }>();
  for (const event of dropRetracted(actions)) {
    if (event.itemId === null) continue;
    const weight = weighEvent(event);
    const ageDays = Math.max(0, (now - event.timestamp) / DAY_MS);
    let item = items.get(event.itemId);
    if (item === undefined) {
      item = { itemId: event.itemId, weight: 0, ageDays, strongestType: event.type, strongest: 0 };
      items.set(event.itemId, item);
    }
    item.weight += weight;
    if (event.type === 'play') item.playedDaysAgo ??= ageDays;
    if (Math.abs(weight) > item.strongest) {
      item.strongest = Math.abs(weight);
      item.strongestType = event.type;
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
