// Sends the player's actions as events. Each is listed at once and kept until the server has answered: an unsent event
// is sent again when the browser is back online, after a pause, or when the page is next opened.

import { useLayoutEffect, useRef } from 'hono/jsx/dom';
import type { EventInput } from '../models/contracts/event.ts';
import type { Item } from '../models/contracts/item.ts';
import { type Api, Problem } from './api.ts';
import { forgetUnsent, isKept, keepUnsent, readUnsent, type UnsentEvent } from './unsent.ts';
import { usePlayerState } from './use-player-state.ts';

export type ActionType = 'click' | 'play' | 'like' | 'unlike' | 'dismiss' | 'undismiss';
/** `position`: in the gallery, counted across all rows from 0; undefined if the game comes from a search. */
export type Act = (type: ActionType, item: Item, position?: number) => void;

export interface SentEvent {
  id: string;
  text: string;
  /** The server's verdict, or the reason why there is none yet. */
  outcome: string;
  /** Undefined before the server's answer. */
  ms?: number;
}

const SENT_MAX = 30;
const RETRY_AFTER_MS = 15_000;
/** A press on “Play” counts as a session of this length. */
const MINUTES_PLAYED = 30;
const VERBS: Record<ActionType, string> = {
  click: 'Looked at',
  play: 'Played',
  like: 'Liked',
  unlike: 'No longer liked',
  dismiss: 'Dismissed',
  undismiss: 'Took back the dismissal of',
};
const SENDING = 'sending …';
const WAITING = 'not sent yet, will be sent again';

/** `onDelivered`: called when waiting events have been sent. */
export function useOutbox(api: Api, userId: string, onDelivered: () => void) {
  const [sent, setSent] = usePlayerState<readonly SentEvent[]>(userId, []);
  const underWay = useRef(new Map<string, UnsentEvent>());
  const ownIds = useRef(new Set<string>());
  const lastTimestamp = useRef(0);

  type Outcome = Pick<SentEvent, 'outcome' | 'ms'>;
  const list = (unsent: readonly UnsentEvent[], describe: (one: UnsentEvent, index: number) => Outcome) =>
    setSent((now) => {
      const entries = new Map(now.toReversed().map((entry) => [entry.id, entry]));
      for (const [index, one] of unsent.entries())
        if (one.event.userId === userId)
          entries.set(one.event.id, { id: one.event.id, text: one.text, ...describe(one, index) });
      return [...entries.values()].reverse().slice(0, SENT_MAX);
    });

  /** Rejects with a Problem. */
  const post = async (unsent: readonly UnsentEvent[]): Promise<void> => {
    for (const one of unsent) underWay.current!.set(one.event.id, one);
    list(unsent, () => ({ outcome: SENDING }));
    try {
      const { body, ms } = await api.sendEvents(unsent.map(({ event }) => event));
      forgetUnsent(unsent.map(({ event }) => event.id));
      list(unsent, (_, index) => ({ outcome: body.results[index]!.reason ?? body.results[index]!.status, ms }));
    } catch (error) {
      if (!isTemporary(error)) forgetUnsent(unsent.map(({ event }) => event.id));
      const reason = `not sent: ${(error as Error).message}`;
      list(unsent, ({ event }) => ({ outcome: isKept(event.id) ? WAITING : reason }));
      throw error;
    } finally {
      for (const { event } of unsent) underWay.current!.delete(event.id);
    }
  };

  /** Sends all waiting events, of any player. Rejects with a Problem; does nothing if none wait. */
  const sendWaiting = async (): Promise<void> => {
    const waiting = readUnsent().filter(({ event }) => !underWay.current!.has(event.id));
    if (waiting.length === 0) return;
    await post(waiting);
    onDelivered();
  };
  useLayoutEffect(() => {
    const retry = () => void sendWaiting().catch(() => {});
    const timer = setInterval(retry, RETRY_AFTER_MS);
    addEventListener('online', retry);
    retry();
    return () => {
      clearInterval(timer);
      removeEventListener('online', retry);
    };
  }, [userId]);

  const send = (text: string, event: Omit<EventInput, 'id' | 'userId' | 'timestamp'>): Promise<void> => {
    // Two presses within one millisecond keep their order.
    const timestamp = Math.max(Date.now(), lastTimestamp.current! + 1);
    lastTimestamp.current = timestamp;
    const id = crypto.randomUUID();
    ownIds.current!.add(id);
    const unsent = { event: { id, userId, timestamp, ...event }, text };
    keepUnsent(unsent);
    return post([unsent]);
  };
  const sendAction = (type: ActionType, item: Item, position?: number, recommendationId?: string) => {
    const value = type === 'play' ? MINUTES_PLAYED : undefined;
    return send(`${VERBS[type]} ${item.title}`, { type, itemId: item.itemId, value, recommendationId, position });
  };
  const sendSearch = (query: string) => send(`Searched for “${query}”`, { type: 'search', query });

  return {
    sent,
    sendAction,
    sendSearch,
    sendWaiting,
    /** Under way or waiting, oldest first. */
    listUnsent: () =>
      [...new Map([...readUnsent(), ...underWay.current!.values()].map((one) => [one.event.id, one.event])).values()]
        .filter((event) => event.userId === userId)
        .sort((a, b) => a.timestamp - b.timestamp),
    addOwnId: (id: string) => void ownIds.current!.add(id),
    isOwn: (id: string) => ownIds.current!.has(id),
  };
}

/** True for no answer, a refused key, too many requests or a server error: the same request may succeed later. */
const isTemporary = (error: unknown): boolean =>
  error instanceof Problem &&
  (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500);
