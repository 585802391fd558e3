// What the page knows of one player, and what the player can do: each action is sent as an event, and the gallery is
// asked for again. It draws nothing.

import { flushSync, useEffect, useRef, useState } from 'hono/jsx/dom';
import type { EventInput } from '../models/contracts/event.ts';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Api, Problem, Signals, Timed } from './api.ts';
import { watchImpressions } from './impressions.ts';
import { holdMotion } from './motion.ts';
import { holdPlace } from './steady.ts';

export type ActionType = 'click' | 'play' | 'like' | 'dismiss';
/** `position`: in the gallery, counted over all rows from 0; undefined where the game comes from a search. */
export type Act = (type: ActionType, item: Item, position?: number) => void;

export interface LogLine {
  id: string;
  text: string;
  /** What the server made of it. */
  outcome: string;
  ms: number;
}
export interface PlayerState {
  answer: Timed<Gallery> | null;
  signals: Signals | null;
  /** What the last search found. */
  found: { query: string; items: Item[] } | null;
  problem: Problem | null;
  log: LogLine[];
}

const BLANK: PlayerState = { answer: null, signals: null, found: null, problem: null, log: [] };
const LOG_LINES_MAX = 30;
/** What a press on “Play” stands for. */
const MINUTES_PLAYED = 30;
const SAID: Record<ActionType, string> = { click: 'Looked at', play: 'Played', like: 'Liked', dismiss: 'Dismissed' };

export function usePlayer(api: Api, userId: string) {
  const [state, setState] = useState<PlayerState>(BLANK);
  const change = (more: Partial<PlayerState>) => setState((now) => ({ ...now, ...more }));
  const shownUser = useRef(userId);
  shownUser.current = userId;
  const turn = useRef(0);

  const refresh = async () => {
    const mine = ++turn.current!;
    // Of two questions under way only the later one counts, and none of a player who has left.
    const isStale = () => mine !== turn.current || userId !== shownUser.current;
    try {
      const answer = await api.readGallery(userId);
      if (isStale()) return;
      showSteadily(() => change({ answer, problem: null }));
      const signals = await api.readSignals(userId);
      if (!isStale()) change({ signals });
    } catch (error) {
      if (!isStale()) change({ problem: error as Problem });
    }
  };

  const send = async (text: string, event: Omit<EventInput, 'id' | 'userId'>) => {
    const id = crypto.randomUUID();
    const { body, ms } = await api.sendEvents([{ id, userId, ...event }]);
    const { status, reason } = body.results[0]!;
    const line = { id, text, outcome: reason ?? status, ms };
    setState((now) => ({ ...now, log: [line, ...now.log].slice(0, LOG_LINES_MAX) }));
  };

  const act: Act = async (type, item, position) => {
    const recommendationId = position === undefined ? undefined : state.answer?.body.recommendationId;
    const value = type === 'play' ? MINUTES_PLAYED : undefined;
    try {
      await send(`${SAID[type]} ${item.title}`, { type, itemId: item.itemId, value, recommendationId, position });
      await refresh();
    } catch (error) {
      change({ problem: error as Problem });
    }
  };

  const search = async (query: string) => {
    if (query === '') return change({ found: null });
    try {
      const [items] = await Promise.all([
        api.searchItems(userId, query),
        send(`Searched for “${query}”`, { type: 'search', query }),
      ]);
      change({ found: { query, items } });
      await refresh();
    } catch (error) {
      change({ problem: error as Problem });
    }
  };

  useEffect(() => {
    setState(BLANK);
    refresh();
  }, [userId]);

  useEffect(() => {
    // Nobody waits for an impression, and a lost one is no harm worth a message.
    const sendImpressions = (events: EventInput[]) => void api.sendEvents(events).catch(() => {});
    if (state.answer) return watchImpressions(state.answer.body, userId, sendImpressions);
  }, [state.answer]);

  return { ...state, act, search, refresh };
}
export type Player = ReturnType<typeof usePlayer>;

function showSteadily(change: () => void): void {
  const keepPlace = holdPlace();
  const glide = holdMotion();
  flushSync(change);
  keepPlace();
  glide();
}
