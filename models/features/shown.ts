// Counts a player's impressions per item, and how often the item was passed over: the input of impression discounting
// (Lee et al., "Modeling Impression Discounting in Large-scale Recommender Systems", KDD 2014). Scrolling does not
// count: an item is passed over once the player has moved on, by an action on another item or by ending the session.

import type { SignalEvent, Signals, UserState } from '../contracts/signals.ts';

const DAY_MS = 86_400_000;
const SHOWN_MAX = 200;
/** A session ends when a player has done nothing for this long. */
const SESSION_GAP_MS = 30 * 60_000;
/** Impressions of an item since the last action, beyond which it counts as passed over: nobody scrolls so often. */
const OPEN_IMPRESSIONS_MAX = 10;
/** A game that was passed over may be wanted later. */
const HALF_LIFE_DAYS = 7;

/** Number of the session that has not ended. */
const OPEN_SESSION = 0;

/** Impressions of one item in one session. */
interface SessionCount {
  session: number;
  passedOver: number;
  open: number;
  /** Time of the newest, epoch milliseconds. */
  at: number;
}

/** Counts impressions since the item's last action, for the items shown latest. Both lists: newest first. */
export function countShown(
  { actions, impressions }: Pick<Signals, 'actions' | 'impressions'>,
  now: number,
): UserState['shown'] {
  const actedAt = new Map<string | null, number>();
  for (const { itemId, timestamp } of actions) if (!actedAt.has(itemId)) actedAt.set(itemId, timestamp);
  const movedOnAt = actions[0]?.timestamp ?? Number.NEGATIVE_INFINITY;
  const sessions = numberSessions([...actions, ...impressions], now);
  const byItem = new Map<string, { times: number; counts: SessionCount[] }>();
  for (const { itemId, timestamp: at } of impressions) {
    if (itemId === null || at <= (actedAt.get(itemId) ?? 0)) continue;
    const item = byItem.get(itemId) ?? { times: 0, counts: [] };
    byItem.set(itemId, item);
    item.times++;
    const session = sessions.get(at)!;
    if (item.counts.at(-1)?.session !== session) item.counts.push({ session, passedOver: 0, open: 0, at });
    item.counts.at(-1)![session === OPEN_SESSION && at >= movedOnAt ? 'open' : 'passedOver']++;
  }
  return Array.from(byItem, ([itemId, { times, counts }]) => ({
    itemId,
    times,
    passedOver: counts.reduce((sum, count) => sum + discount(count, now), 0),
  })).slice(0, SHOWN_MAX);
}

/** The session of each timestamp, numbered backwards from OPEN_SESSION. */
function numberSessions(events: readonly SignalEvent[], now: number): Map<number, number> {
  const sessions = new Map<number, number>();
  let session = OPEN_SESSION;
  let later = now;
  for (const { timestamp } of events.toSorted((a, b) => b.timestamp - a.timestamp)) {
    if (later - timestamp > SESSION_GAP_MS) session++;
    sessions.set(timestamp, session);
    // Dated ahead by a client's clock: it belongs to the open session.
    later = Math.min(now, timestamp);
  }
  return sessions;
}

/** 1 for one impression, 2 for three, 3 for seven; less with age, in whole days so that a page keeps its order. */
function discount({ passedOver, open, at }: SessionCount, now: number): number {
  const times = passedOver + Math.max(0, open - OPEN_IMPRESSIONS_MAX);
  const ageDays = Math.max(0, Math.floor((now - at) / DAY_MS));
  return Math.log2(1 + times) * 0.5 ** (ageDays / HALF_LIFE_DAYS);
}
