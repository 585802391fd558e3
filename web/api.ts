// The page's calls to the Worker. Each rejects with a Problem whose message can be shown to the user. The only state is
// the estimate of the server's clock.

import { type ClockOffset, narrowOffset } from '../client/server-clock.ts';
import type { EventInput, EventResult } from '../models/contracts/event.ts';
import type { Gallery, Recommendations } from '../models/contracts/gallery.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Problem as ProblemDocument } from '../models/contracts/problem.ts';
import type { UserState } from '../models/contracts/signals.ts';
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

export class Problem extends Error {
  /** HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }

  /** No answer, no valid key, too many requests, or an error of the server: the same may pass later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

/** The calls that the key allows. */
export function connect(key: string) {
  let offset: ClockOffset | undefined;
  const call = async <T>(path: string, init: RequestInit = {}): Promise<Timed<T>> => {
    const start = performance.now();
    const sentAt = Date.now();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(path, { ...init, headers }).catch(() => {
      const reason = navigator.onLine ? 'The server does not answer. Is it still running?' : 'You are offline.';
      throw new Problem(reason, 0);
    });
    offset = narrowOffset(offset, response.headers.get('date'), sentAt, Date.now());
    const body = await response.json().catch(() => undefined);
    if (!response.ok) throw new Problem(describeProblem(body, response.status), response.status);
    return { body: body as T, ms: performance.now() - start };
  };
  const user = (userId: string) => `/v1/users/${encodeURIComponent(userId)}`;
  const galleryOf = (userId: string) => `${user(userId)}/gallery?expand=item`;
  const readSignals = async (userId: string) => (await call<Signals>(`${user(userId)}/signals`)).body;
  const postEvents = (events: EventInput[], init: RequestInit) =>
    call<{ results: EventResult[] }>('/v1/events', { method: 'POST', body: JSON.stringify({ events }), ...init });

  return {
    readPlayers: async () => (await call<{ users: KnownPlayer[] }>(`/v1/users?limit=${PLAYERS_MAX}`)).body.users,
    readGallery: (userId: string) => call<Gallery>(galleryOf(userId)),
    readSignals,
    /** Not recorded by this call: the page sends a submitted search as its own event, to show the outcome. */
    searchItems: async (userId: string, text: string) => {
      const query = `q=${encodeURIComponent(text)}&n=${SEARCH_RESULTS_MAX}&expand=item&record=false`;
      const { items } = (await call<Recommendations>(`${user(userId)}/search?${query}`)).body;
      return items.flatMap(({ item }) => item ?? []);
    },
    readExplanation: async (userId: string, itemId: string) => {
      const { body } = await call<Gallery>(`${user(userId)}/gallery?explain=${encodeURIComponent(itemId)}`);
      return body.explain?.[0] ?? null;
    },
    /** The stream's notice names the change by its id. */
    putPreferences: (userId: string, preferences: Preferences, changeId: string) =>
      call<Preferences>(`${user(userId)}/preferences?changeId=${changeId}`, {
        method: 'PUT',
        body: JSON.stringify(preferences),
      }),
    /** A browser's WebSocket sends no headers, so the key is a subprotocol, which no address or log contains. */
    openStream: (userId: string, after: number | undefined) => {
      const url = new URL(`${user(userId)}/stream`, location.href.replace(/^http/, 'ws'));
      if (after !== undefined) url.searchParams.set('after', String(after));
      return new WebSocket(url, ['bloodstream', `bearer.${base64url(key)}`]);
    },
    // keepalive: the last impressions are sent even if the page is closing. Browsers limit it to 64 KiB under way.
    sendEvents: (events: EventInput[]) => postEvents(events, { keepalive: true }),
    /** The gallery that follows from these events of the player. */
    sendForGallery: (userId: string, events: EventInput[]) =>
      call<{ results: EventResult[]; gallery: Gallery }>(galleryOf(userId), {
        method: 'POST',
        body: JSON.stringify({ events }),
        keepalive: true,
      }),
    resendEvents: (events: EventInput[]) => postEvents(events, {}),
    /** Calls the Worker if no answer has told its time yet. Undefined where none does. */
    readClockOffset: async (userId: string): Promise<ClockOffset | undefined> => {
      if (offset === undefined) await readSignals(userId);
      return offset;
    },
  };
}
const base64url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

export type Api = ReturnType<typeof connect>;

function describeProblem(body: Partial<ProblemDocument> | undefined, status: number): string {
  const fields = body?.errors?.map(({ path, message }) => `${path}: ${message}`) ?? [];
  return [body?.title ?? `The server answered ${status}`, body?.detail, ...fields].filter(Boolean).join(' · ');
}
