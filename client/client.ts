// The client of one player.

import { type ShownAnswer, watchElement, watchImpressions } from './impressions.ts';
import { openIndexedStore } from './indexed-store.ts';
import type { LostEvent } from './kept-events.ts';
import { followPage } from './page-events.ts';
import type { Problem } from './problem.ts';
import { type EventsAnswer, openQueue } from './queue.ts';
import { type EventStore, NO_STORE } from './store.ts';
import { listen } from './stream.ts';
import { type CallInit, type CallOptions, openTransport, type TransportOptions } from './transport.ts';
import type {
  EventContext,
  EventInput,
  Gallery,
  GalleryQuery,
  NewEvent,
  Notice,
  PageQuery,
  Preferences,
  Recommendations,
  SearchQuery,
} from './types.ts';

export interface ClientOptions extends TransportOptions {
  /** The token's player. Another player's token is refused, so that no event counts for the wrong player. */
  userId: string;
  /** Keeps events until the server has them: by default IndexedDB, and memory where there is none. */
  store?: EventStore;
  /** Added to each event and each answer's query. */
  context?: EventContext;
  /** Receives events that are not sent again: the server rejects them, or too many wait. */
  onLost?: (lost: LostEvent[]) => void;
}

export interface StreamStart {
  /** Id of the last notice received earlier; later ones are repeated, 20 at most. */
  after?: number;
  /** The server refuses the token and `getToken` has no other: the stream has stopped. */
  onRefused?: (problem: Problem) => void;
}

export interface Client {
  readonly userId: string;
  /** Keeps the event and sends it within a second, or later if it cannot be sent now. Returns its id. */
  recordEvent(event: NewEvent): string;
  /** Sends the events at once, and resolves to a gallery that reflects them. */
  recordForGallery(events: readonly NewEvent[], query?: GalleryQuery, options?: CallOptions): Promise<Gallery>;
  /** Sends the events that wait. Rejects with the Problem that keeps some from being sent; they are kept. */
  flush(): Promise<void>;
  getGallery(query?: GalleryQuery, options?: CallOptions): Promise<Gallery>;
  getRecommendations(query?: PageQuery, options?: CallOptions): Promise<Recommendations>;
  searchItems(text: string, query?: SearchQuery, options?: CallOptions): Promise<Recommendations>;
  getSimilar(itemId: string, query?: PageQuery, options?: CallOptions): Promise<Recommendations>;
  getPreferences(options?: CallOptions): Promise<Preferences>;
  /** Replaces all preferences; absent ones become empty. Resolves to the stored preferences. */
  putPreferences(preferences: Partial<Preferences>, options?: CallOptions): Promise<Preferences>;
  /** Makes a guest's events and preferences this player's. First sends the guest's events in the store. */
  mergeGuest(guestToken: string, options?: CallOptions): Promise<void>;
  /**
   * Calls any other route with the token, time-out and problems of this client. Resolves to the body: JSON, text, or
   * undefined.
   */
  call<T>(path: string, init?: CallInit): Promise<T>;
  /** Calls back when a new gallery is ready. Reconnects by itself, with a new token if need be. Returns `stop`. */
  openStream(onNotice: (notice: Notice) => void, start?: StreamStart): () => void;
  /**
   * Records an impression of each game of the answer once half of its element, which has the id in `data-item`, is in
   * view. `offset`: that of a page. Returns `stop`.
   */
  observeImpressions(element: Element, answer: ShownAnswer, offset?: number): () => void;
  /** Sends the events that wait, and stops. */
  close(): Promise<void>;
}

export function createClient({ userId, store: givenStore, context, onLost, ...options }: ClientOptions): Client {
  const { url } = options;
  const store = givenStore ?? (typeof indexedDB === 'undefined' ? NO_STORE : openIndexedStore(`bloodstream ${url}`));
  const { call, ...transport } = openTransport(options);
  const user = `/v1/users/${encodeURIComponent(userId)}`;
  const queue = openQueue({
    userId,
    store,
    // keepalive: a closing page does not wait. sendBeacon could not carry the token.
    send: (events) => call('/v1/events', { method: 'POST', body: { events }, keepalive: true }),
    onLost,
    now: options.now,
    ...transport,
  });
  const stopFollowing = followPage(queue.sendLast, queue.resume);
  const complete = (event: NewEvent) => (context === undefined ? event : { context, ...event });
  const get = <T>(path: string, query: object = {}, more?: CallOptions) =>
    call<T>(path, { ...more, query: { ...context, ...query } });

  return {
    userId,
    recordEvent: (event) => queue.add(complete(event)),
    async recordForGallery(events, query, more) {
      const send = async (stamped: EventInput[]): Promise<EventsAnswer & { gallery: Gallery }> =>
        stamped.length === 0
          ? { results: [], gallery: await get(`${user}/gallery`, query, more) }
          : call(`${user}/gallery`, {
              ...more,
              method: 'POST',
              body: { events: stamped },
              query: { ...context, ...query },
              keepalive: true,
            });
      return (await queue.addAndSend(events.map(complete), send)).gallery;
    },
    flush: queue.flush,
    getGallery: (query, more) => get(`${user}/gallery`, query, more),
    getRecommendations: (query, more) => get(`${user}/recommendations`, query, more),
    searchItems: (text, query, more) => get(`${user}/search`, { ...query, q: text }, more),
    getSimilar: (itemId, query, more) => get(`/v1/items/${encodeURIComponent(itemId)}/similar`, query, more),
    getPreferences: (more) => call(`${user}/preferences`, more),
    putPreferences: (body, more) => call(`${user}/preferences`, { ...more, method: 'PUT', body }),
    async mergeGuest(guestToken, more) {
      const guestId = readSubject(guestToken);
      const guest = createClient({ ...options, userId: guestId, store, onLost, getToken: () => guestToken });
      // If the server refuses the token, the answer to the merge says more.
      await guest.close().catch((problem) => {
        if (problem.status !== 401) throw problem;
      });
      await call(`${user}/merge`, { ...more, method: 'POST', body: { guestToken } });
    },
    call,
    openStream: (onNotice, { after: first, onRefused } = {}) =>
      listen({
        addressOf: (after) =>
          `${url.replace(/^http/, 'ws')}${user}/stream${after === undefined ? '' : `?after=${after}`}`,
        readToken: transport.readToken,
        check: () => call(`${user}/preferences`),
        learnClockOffset: transport.learnClockOffset,
        now: options.now ?? Date.now,
        onNotice,
        onRefused,
        after: first,
      }),
    observeImpressions: (element, answer, offset) =>
      watchElement(
        element,
        watchImpressions(answer, (event) => queue.add(complete(event)), offset),
      ),
    async close() {
      stopFollowing();
      queue.stop();
      await queue.flush();
    },
  };
}

/** Creates a guest, if the store allows guests. The token is valid for 30 days; `POST /v1/tokens` renews it. */
export const createGuest = (
  url: string,
  options?: CallOptions,
): Promise<{ userId: string; token: string; expiresAt: string }> =>
  openTransport({ url, getToken: () => undefined }).call('/v1/guests', { ...options, method: 'POST' });

/** The token's player; empty for an invalid token, so that the server says what is wrong with it. */
function readSubject(token: string): string {
  try {
    return JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))).sub;
  } catch {
    return '';
  }
}
