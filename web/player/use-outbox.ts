// What the player does, sent as events. Each is listed at once, and kept until the server has answered: one that could
// not be sent waits until `sendWaiting`. An event that is sent at once carries no time, and the server's counts.

import { useRef } from 'preact/hooks';
import { cutBatches, stampEvents } from '../../client/batches.ts';
import type { EventInput } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Api } from './api.ts';
import type { Timed } from './timed.ts';
import { groupByPlayer, keepUnsent, readUnsent, type UnsentEvent } from './unsent.ts';
import { useSending } from './use-sending.ts';

export type ActionType = 'click' | 'play' | 'like' | 'unlike' | 'dismiss' | 'undismiss';
/** `inGallery`: false where the game was pressed in search results, or an action is taken back. */
export type Act = (type: ActionType, item: Item, inGallery?: boolean) => void;

/** A press on “Play” stands for a session of this length. */
const MINUTES_PLAYED = 30;
const VERBS: Record<ActionType, string> = {
  click: 'Looked at',
  play: 'Played',
  like: 'Liked',
  unlike: 'No longer liked',
  dismiss: 'Dismissed',
  undismiss: 'Took back the dismissal of',
};
export function useOutbox(api: Api, userId: string) {
  const { sent, isUnderWay, listUnsent, follow } = useSending(userId);
  const ownIds = useRef(new Set<string>());
  /** Null if no request is under way. */
  const lastSending = useRef<Promise<unknown> | null>(null);
  const nextCreatedAt = useRef(0);

  const keep = (text: string, event: Omit<EventInput, 'id' | 'userId' | 'timestamp'>): UnsentEvent => {
    const createdAt = Math.max(Date.now(), nextCreatedAt.current!);
    nextCreatedAt.current = createdAt + 1;
    const id = crypto.randomUUID();
    ownIds.current!.add(id);
    const unsent = { event: { id, userId, ...event }, createdAt, text };
    keepUnsent(unsent);
    return unsent;
  };
  /** Sends after earlier requests, because the server stamps events in the order of their arrival. */
  const sendInOrder = <Answer>(send: () => Promise<Answer>): Promise<Answer> => {
    // At once where it can be: a request that waits for a promise leaves after the page has rendered the press.
    const sending = lastSending.current === null ? send() : lastSending.current.then(send);
    const settled = sending
      .catch(() => {})
      .then(() => {
        if (lastSending.current === settled) lastSending.current = null;
      });
    lastSending.current = settled;
    return sending;
  };
  const inputsOf = (kept: readonly UnsentEvent[]) => kept.map(({ event }) => event);
  /** Resolves to the gallery that follows from the events. */
  const sendForGallery = async (kept: readonly UnsentEvent[]): Promise<Timed<Gallery>> => {
    const { body, ms } = await follow(kept, () => sendInOrder(() => api.sendForGallery(userId, inputsOf(kept))));
    return { body: body.gallery, ms };
  };

  /**
   * Sends again what waits, of any player. Resolves to whether events of this one were sent; rejects with the Problem
   * that kept one of them.
   */
  const sendWaiting = async (): Promise<boolean> => {
    const listWaiting = () => readUnsent().filter(({ event }) => !isUnderWay(event.id));
    if (listWaiting().length === 0) return false;
    const offset = await api.readClockOffset();
    const batches = groupByPlayer(listWaiting()).flatMap((own) => cutBatches(own));
    const sendings = batches.map((batch) => ({
      own: batch[0]!.event.userId === userId,
      followed: follow(batch, () => api.resendEvents(stampEvents(batch, Date.now(), offset))),
    }));
    await Promise.allSettled(sendings.map(({ followed }) => followed));
    const own = sendings.filter((sending) => sending.own);
    await Promise.all(own.map(({ followed }) => followed));
    return own.length > 0;
  };

  return {
    sent,
    /** `shownAt`: where the answer that is on the page shows the game. */
    sendAction: (type: ActionType, item: Item, shownAt: Pick<EventInput, 'recommendationId' | 'position'>) => {
      const value = type === 'play' ? MINUTES_PLAYED : undefined;
      const text = `${VERBS[type]} ${item.title}`;
      return sendForGallery([keep(text, { type, itemId: item.itemId, value, ...shownAt })]);
    },
    /** Known by their ids alone: a dismissed game is not on the page. */
    takeBackDismissals: async (itemIds: readonly string[]): Promise<Timed<Gallery>> => {
      const kept = itemIds.map((itemId) => keep(`${VERBS.undismiss} ${itemId}`, { type: 'undismiss', itemId }));
      const batches = cutBatches(kept);
      // A gallery that nobody sees would be logged as shown: only the last batch asks for one.
      const earlier = batches
        .slice(0, -1)
        .map((batch) => follow(batch, () => sendInOrder(() => api.sendEvents(inputsOf(batch)))));
      const last = sendForGallery(batches.at(-1)!);
      await Promise.all([...earlier, last]);
      return last;
    },
    sendReset: () => sendForGallery([keep('Had everything forgotten', { type: 'reset' })]),
    sendSearch: (query: string) => sendForGallery([keep(`Searched for “${query}”`, { type: 'search', query })]),
    sendWaiting,
    listUnsent,
    addOwnId: (id: string) => void ownIds.current!.add(id),
    isOwn: (id: string) => ownIds.current!.has(id),
  };
}
