// Counts a player's impressions per item, and how often the item was passed over: the input of impression discounting
// (Lee et al., "Modeling Impression Discounting in Large-scale Recommender Systems", KDD 2014). Scrolling does not
// count: an item is passed over once the player has moved on, by an action on another item or by ending the session.
// Sessions are counted once for each state of the signals; the clock then only ages them and ends the newest.

import type { SignalEvent, Signals, UserState } from '../contracts/signals.ts';

const DAY_MS = 86_400_000;
const SHOWN_MAX = 200;
/** A session ends when a player has done nothing for this long. */
const SESSION_GAP_MS = 30 * 60_000;
/** Impressions of an item since the last action, beyond which it counts as passed over: nobody scrolls so often. */
const OPEN_IMPRESSIONS_MAX = 10;
/** A game that was passed over may be wanted later. */
const HALF_LIFE_DAYS = 7;

type ShownSignals = Pick<Signals, 'actions' | 'impressions'>;

/** Impressions of one item in one session. */
interface SessionCount {
  /** Time of the newest, epoch milliseconds. */
  at: number;
  passedOver: number;
  /** Impressions of the newest session since the player last moved on: passed over once the session ends. */
  current: number;
}

/** `counts`: newest session first. */
interface ShownItem {
  itemId: string;
  times: number;
  counts: SessionCount[];
}

/** The part of the counts that the clock does not change. */
export interface PreparedShown {
  signals: ShownSignals;
  /** Time of the newest event, epoch milliseconds; minus infinity without events. */
  newestAt: number;
  items: ShownItem[];
}

/**
 * Counts impressions since the item's last action, for the items shown latest. Both lists: newest first. `until`:
 * events dated ahead of it, by a client's clock, count as if they were from then.
 */
export function prepareShown(signals: ShownSignals, until: number = Number.POSITIVE_INFINITY): PreparedShown {
  const { actions, impressions } = signals;
  const actedAt = new Map<string | null, number>();
  for (const { itemId, timestamp } of actions) if (!actedAt.has(itemId)) actedAt.set(itemId, timestamp);
  const movedOnAt = actions[0]?.timestamp ?? Number.NEGATIVE_INFINITY;
  const newestAt = Math.min(until, Math.max(movedOnAt, impressions[0]?.timestamp ?? Number.NEGATIVE_INFINITY));
  const sessions = numberSessions([...actions, ...impressions], until);
  const items = new Map<string, ShownItem & { session: number }>();
  for (const { itemId, timestamp: at } of impressions) {
    if (itemId === null || at <= (actedAt.get(itemId) ?? 0)) continue;
    const session = sessions.get(at)!;
    const item = items.get(itemId) ?? { itemId, times: 0, counts: [], session };
    items.set(itemId, item);
    item.times++;
    if (item.counts.length === 0 || item.session !== session) item.counts.push({ at, passedOver: 0, current: 0 });
    item.session = session;
    item.counts.at(-1)![session === NEWEST_SESSION && at >= movedOnAt ? 'current' : 'passedOver']++;
  }
  return { signals, newestAt, items: [...items.values()].slice(0, SHOWN_MAX) };
}

const NEWEST_SESSION = 0;

/** The session of each timestamp, numbered backwards from the newest. */
function numberSessions(events: readonly SignalEvent[], until: number): Map<number, number> {
  const sessions = new Map<number, number>();
  let session = NEWEST_SESSION;
  let later = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of events.toSorted((a, b) => b.timestamp - a.timestamp)) {
    const at = Math.min(until, timestamp);
    if (later - at > SESSION_GAP_MS) session++;
    sessions.set(timestamp, session);
    later = at;
  }
  return sessions;
}

/** Reads how often each item was passed over by `now`, epoch milliseconds. */
export function readShown(prepared: PreparedShown, now: number): UserState['shown'] {
  // An event that is dated ahead ends no session until its time has come.
  const { items, newestAt } = prepared.newestAt > now ? prepareShown(prepared.signals, now) : prepared;
  const isOpen = now - newestAt <= SESSION_GAP_MS;
  return items.map(({ itemId, times, counts }) => {
    let passedOver = 0;
    for (const count of counts) passedOver += discount(count, isOpen, now);
    return { itemId, times, passedOver };
  });
}

/** 1 for one impression, 2 for three, 3 for seven; less with age, in whole days so that a page keeps its order. */
function discount({ passedOver, current, at }: SessionCount, isOpen: boolean, now: number): number {
  const times = passedOver + (isOpen ? Math.max(0, current - OPEN_IMPRESSIONS_MAX) : current);
  const ageDays = Math.max(0, Math.floor((now - at) / DAY_MS));
  return Math.log2(1 + times) * 0.5 ** (ageDays / HALF_LIFE_DAYS);
}
