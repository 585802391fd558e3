// The page's calls to the Worker, through the client's transport with a key. Each rejects with a Problem whose message
// can be shown to the user.

import { listen } from '../../client/stream.ts';
import { type CallInit, openTransport } from '../../client/transport.ts';
import type { EventInput, EventResult } from '../../models/contracts/event.ts';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import type { Notice } from '../../models/contracts/notice.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { Timed } from './timed.ts';

export interface Taste {
  genre: string;
  /** 0–1; all shares sum to 1. */
  share: number;
}
export type Signals = UserState & { genres: Taste[] };
export interface KnownPlayer {
  userId: string;
  lastEventAt: string;
}

export const SEARCH_RESULTS_MAX = 20;
const PLAYERS_MAX = 50;

/** Long, because a machine that also trains may be slow. */
const TIMEOUT_MS = 60_000;

/** The calls that the key allows. */
export function connect(key: string) {
  const transport = openTransport({
    url: '',
    getToken: (refused) => (refused === undefined ? key : undefined),
    timeoutMs: TIMEOUT_MS,
  });
  const call = async <T>(path: string, init?: CallInit): Promise<Timed<T>> => {
    const start = performance.now();
    const body = await transport.call<T>(path, init);
    return { body, ms: performance.now() - start };
  };
  const user = (userId: string) => `/v1/users/${encodeURIComponent(userId)}`;
  const galleryOf = (userId: string) => `${user(userId)}/gallery?expand=item`;
  const readSignals = async (userId: string) => (await call<Signals>(`${user(userId)}/signals`)).body;
  const postEvents = (events: EventInput[], keepalive: boolean) =>
    call<{ results: EventResult[] }>('/v1/events', { method: 'POST', body: { events }, keepalive });

  return {
    readPlayers: async () => (await call<{ users: KnownPlayer[] }>(`/v1/users?limit=${PLAYERS_MAX}`)).body.users,
    readGallery: (userId: string) => call<Gallery>(galleryOf(userId)),
    readSignals,
    /** Not recorded by this call: the page sends a submitted search as its own event, to show the outcome. */
    searchItems: async (userId: string, text: string) => {
      const query = { q: text, n: SEARCH_RESULTS_MAX, expand: 'item', record: false };
      const { items } = (await call<Recommendations>(`${user(userId)}/search`, { query })).body;
      return items.flatMap(({ item }) => item ?? []);
    },
    readExplanation: async (userId: string, itemId: string) => {
      const { body } = await call<Gallery>(
        `${user(userId)}/gallery?explain=${encodeURIComponent(itemId.replaceAll(',', '%2C'))}`,
      );
      return body.explain?.[0] ?? null;
    },
    /** The stream's notice names the change by its id. */
    putPreferences: (userId: string, preferences: Preferences, changeId: string) =>
      call<Preferences>(`${user(userId)}/preferences?changeId=${changeId}`, {
        method: 'PUT',
        body: preferences,
      }),
    /** Returns `stop`. */
    openStream: (userId: string, onNotice: (notice: Notice) => void) =>
      listen({
        addressOf: (after) => {
          const query = after === undefined ? '' : `?after=${after}`;
          return new URL(`${user(userId)}/stream${query}`, location.href.replace(/^http/, 'ws')).href;
        },
        readToken: transport.readToken,
        check: () => readSignals(userId),
        onNotice,
        now: Date.now,
        learnClockOffset: transport.learnClockOffset,
      }),
    // keepalive: the last impressions are sent even if the page is closing.
    sendEvents: (events: EventInput[]) => postEvents(events, true),
    /** The gallery that follows from these events of the player. */
    sendForGallery: (userId: string, events: EventInput[]) =>
      call<{ results: EventResult[]; gallery: Gallery }>(galleryOf(userId), {
        method: 'POST',
        body: { events },
        keepalive: true,
      }),
    resendEvents: (events: EventInput[]) => postEvents(events, false),
    readClockOffset: transport.learnClockOffset,
  };
}

export type Api = ReturnType<typeof connect>;
