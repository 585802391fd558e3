// Folds events into a player's signals; user-state.ts reads them. Pure: no clock, no I/O; the Durable Object and the
// replay of a log run this same code. The result depends on the set of events, not on their order or repetition: lists
// are the newest N by (timestamp, id), marks are maxima, and both are idempotent.

import {
  MARK_KINDS,
  MARKS_MAX,
  type MarkKind,
  type Marks,
  RECENT_ACTIONS_MAX,
  RECENT_IMPRESSIONS_MAX,
  RESET_ITEM,
  type SignalEvent,
  type Signals,
} from '../contracts/signals.ts';
import { hashString } from './rng.ts';

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
  if (countMarks(folded) <= MARKS_MAX) return folded;
  return collectMarks(listMarks(folded).sort(newestMarkFirst).slice(0, MARKS_MAX));
}

function countMarks(marks: ReadonlyMap<string, Marks>): number {
  let count = 0;
  for (const kinds of marks.values()) count += Object.keys(kinds).length;
  return count;
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
