// What the player does, sent as events, and the list of what was sent.

import type { EventInput } from '../models/contracts/event.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Api } from './api.ts';
import { usePlayerState } from './use-player-state.ts';

export type ActionType = 'click' | 'play' | 'like' | 'dismiss';
/** `position`: in the gallery, counted over all rows from 0; undefined where the game comes from a search. */
export type Act = (type: ActionType, item: Item, position?: number) => void;

export interface SentEvent {
  id: string;
  text: string;
  /** The server's verdict. */
  outcome: string;
  ms: number;
}

const SENT_MAX = 30;
/** A press on “Play” stands for a session of this length. */
const MINUTES_PLAYED = 30;
const VERBS: Record<ActionType, string> = { click: 'Looked at', play: 'Played', like: 'Liked', dismiss: 'Dismissed' };

export function useOutbox(api: Api, userId: string) {
  const [sent, setSent] = usePlayerState<readonly SentEvent[]>(userId, []);

  /** Rejects with a Problem. */
  const send = async (text: string, event: Omit<EventInput, 'id' | 'userId'>): Promise<void> => {
    const id = crypto.randomUUID();
    const { body, ms } = await api.sendEvents([{ id, userId, ...event }]);
    const { status, reason } = body.results[0]!;
    setSent((now) => [{ id, text, outcome: reason ?? status, ms }, ...now].slice(0, SENT_MAX));
  };
  const sendAction = (type: ActionType, item: Item, position?: number, recommendationId?: string) => {
    const value = type === 'play' ? MINUTES_PLAYED : undefined;
    return send(`${VERBS[type]} ${item.title}`, { type, itemId: item.itemId, value, recommendationId, position });
  };
  const sendSearch = (query: string) => send(`Searched for “${query}”`, { type: 'search', query });

  return { sent, sendAction, sendSearch };
}
