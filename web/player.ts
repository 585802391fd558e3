// What the page knows of one player, and what the player can do: each action is sent as an event, and the gallery is
// asked for again. It draws nothing.

import { flushSync, useEffect, useRef, useState } from 'hono/jsx/dom';
import type { EventInput } from '../models/contracts/event.ts';
import type { Explanation, Gallery } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Notice } from '../models/contracts/notice.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Api, Problem, Signals, Timed } from './api.ts';
import { watchImpressions } from './impressions.ts';
import { holdMotion } from './motion.ts';
import { holdPlace } from './steady.ts';
import { listen } from './stream.ts';

export type ActionType = 'click' | 'play' | 'like' | 'dismiss';
/** `position`: in the gallery, counted over all rows from 0; undefined where the game comes from a search. */
export type Act = (type: ActionType, item: Item, position?: number) => void;

/** A game, and why it is where it is; null until the answer is there. */
export interface Asked {
  item: Item;
  explanation: Explanation | null;
}
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
  /** The last notice of the stream, in words. */
  heard: string | null;
  /** The game whose place is explained. */
  asked: Asked | null;
}

/** As the Worker has it for a player who said nothing. */
export const EMPTY_PREFERENCES: Preferences = {
  genres: [],
  items: [],
  mutedGenres: [],
  mutedTags: [],
  popularity: 0,
  releasedFrom: null,
  releasedUntil: null,
  ageLimit: null,
};
const BLANK: PlayerState = {
  answer: null,
  signals: null,
  found: null,
  problem: null,
  log: [],
  heard: null,
  asked: null,
};
const LOG_LINES_MAX = 30;
/** A gallery that is ready so soon after an event of this page is the one that is shown already. */
const OWN_ECHO_MS = 10_000;
/** What a press on “Play” stands for. */
const MINUTES_PLAYED = 30;
const SAID: Record<ActionType, string> = { click: 'Looked at', play: 'Played', like: 'Liked', dismiss: 'Dismissed' };

export function usePlayer(api: Api, userId: string) {
  const [state, setState] = useState<PlayerState>(BLANK);
  const change = (more: Partial<PlayerState>) => setState((now) => ({ ...now, ...more }));
  const shownUser = useRef(userId);
  shownUser.current = userId;
  const turn = useRef(0);
  const searchTurn = useRef(0);
  /** Two changes in a row must arrive in their order. */
  const lastPut = useRef<Promise<unknown>>(Promise.resolve());
  const sentAt = useRef(Number.NEGATIVE_INFINITY);

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
    sentAt.current = performance.now();
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

  /** What is found while it is being typed. */
  const suggest = async (query: string) => {
    const mine = ++searchTurn.current!;
    if (query === '') return change({ found: null });
    try {
      const items = await api.searchItems(userId, query);
      if (mine === searchTurn.current && userId === shownUser.current) change({ found: { query, items } });
    } catch (error) {
      change({ problem: error as Problem });
    }
  };

  /** A search that is meant is a signal too. */
  const search = async (query: string) => {
    if (query === '') return suggest('');
    try {
      await Promise.all([suggest(query), send(`Searched for “${query}”`, { type: 'search', query })]);
      await refresh();
    } catch (error) {
      change({ problem: error as Problem });
    }
  };

  const { signals } = state;
  const preferences = signals?.preferences ?? EMPTY_PREFERENCES;
  const prefer = async (some: Partial<Preferences>) => {
    // The whole is replaced: what is not known yet must not be overwritten.
    if (signals === null) return;
    const wanted = { ...preferences, ...some };
    // On the page at once, and no answer of before takes it back: the next change builds on it.
    turn.current!++;
    change({ signals: { ...signals, preferences: wanted } });
    sentAt.current = performance.now();
    const put = lastPut.current!.then(() => api.putPreferences(userId, wanted));
    lastPut.current = put.catch(() => {});
    try {
      await put;
      await refresh();
    } catch (error) {
      change({ problem: error as Problem, signals });
    }
  };

  const explain = async (item: Item) => {
    change({ asked: { item, explanation: null } });
    try {
      const explanation = await api.readExplanation(userId, item.itemId);
      setState((now) => (now.asked?.item === item ? { ...now, asked: { item, explanation } } : now));
    } catch (error) {
      change({ problem: error as Problem, asked: null });
    }
  };
  const closeExplanation = () => change({ asked: null });

  const hear = ({ generatedAt, changed }: Notice) => {
    const time = new Date(generatedAt).toLocaleTimeString();
    change({ heard: `Gallery ready at ${time}, ${changed.itemsAdded.length} new games` });
    // Done elsewhere, on another device: the page follows.
    if (performance.now() - sentAt.current! > OWN_ECHO_MS) refresh();
  };

  useEffect(() => {
    setState(BLANK);
    sentAt.current = Number.NEGATIVE_INFINITY;
    refresh();
    return listen((after) => api.openStream(userId, after), hear);
  }, [userId]);

  useEffect(() => {
    // Nobody waits for an impression, and a lost one is no harm worth a message.
    const sendImpressions = (events: EventInput[]) => void api.sendEvents(events).catch(() => {});
    if (state.answer) return watchImpressions(state.answer.body, userId, sendImpressions);
  }, [state.answer]);

  return { ...state, preferences, act, search, suggest, prefer, explain, closeExplanation, refresh };
}
export type Player = ReturnType<typeof usePlayer>;

function showSteadily(change: () => void): void {
  const keepPlace = holdPlace();
  const glide = holdMotion();
  flushSync(change);
  keepPlace();
  glide();
}
