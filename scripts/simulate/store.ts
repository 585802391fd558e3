// The store as a game client sees it: its HTTP API. Simulated players use nothing else of the system.

import { setTimeout as sleep } from 'node:timers/promises';
import type { EventInput, EventResult } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { Player } from '../world/players.ts';

export interface Store {
  /** `policy`: undefined for the page that players get. */
  readGallery(userId: string, policy: string | undefined, player: Player): Promise<Gallery>;
  /** The version of the release in use; null before the first. */
  readRelease(): Promise<string | null>;
  /** Throws if one of them is not accepted. */
  sendEvents(events: readonly EventInput[]): Promise<void>;
}

/** Enough for a machine that is busy with the other players: the pages are measured, not their speed. */
const DEADLINE_MS = 5_000;
const EVENTS_MAX = 100;
const ATTEMPTS_MAX = 5;
const RETRY_MS = 500;

class UnavailableError extends Error {}

/** Repeats the same request while the store is unavailable, as any client should. */
async function retryUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnavailableError) || attempt === ATTEMPTS_MAX) throw error;
      await sleep(RETRY_MS * attempt);
    }
}

export function openStore(url: string, key: string): Store {
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    if (response.status === 503) throw new UnavailableError(`${path}: 503 ${await response.text()}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    readGallery(userId, policy, { platform, home }) {
      const context = { platform, country: home.country, deadlineMs: String(DEADLINE_MS) };
      const query = new URLSearchParams(policy === undefined ? context : { ...context, policy });
      return retryUnavailable(() => ask(`/v1/users/${encodeURIComponent(userId)}/gallery?${query}`));
    },
    readRelease: async () => (await ask<{ release: string | null }>('/v1/status')).release,
    async sendEvents(events) {
      for (let from = 0; from < events.length; from += EVENTS_MAX) {
        const body = JSON.stringify({ events: events.slice(from, from + EVENTS_MAX) });
        const { results } = await retryUnavailable(() =>
          ask<{ results: EventResult[] }>('/v1/events', { method: 'POST', body }),
        );
        // Events that were sent again because the first answer was lost are duplicates, not errors.
        const refused = results.find(({ status }) => status === 'rejected');
        if (refused !== undefined) throw new Error(`event ${refused.id} is ${refused.status}: ${refused.reason}`);
      }
    },
  };
}
