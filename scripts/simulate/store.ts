// The store as a game client sees it: its HTTP API. Nothing else of the system is known to the simulated players.

import type { EventInput, EventResult } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { Player } from '../world/players.ts';

export interface Store {
  readGallery(userId: string, policy: string, player: Player): Promise<Gallery>;
  /** The version that the Worker answers with; null before it has one. */
  readRelease(): Promise<string | null>;
  /** Throws where one of them is not accepted. */
  sendEvents(events: readonly EventInput[]): Promise<void>;
}

/** Enough for a machine that is busy with the other players: what a page would have been is measured, not its speed. */
const DEADLINE_MS = 5_000;
const EVENTS_MAX = 100;

export function openStore(url: string, key: string): Store {
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    readGallery(userId, policy, { platform, home }) {
      const query = new URLSearchParams({ policy, platform, country: home.country, deadlineMs: String(DEADLINE_MS) });
      return ask(`/v1/users/${encodeURIComponent(userId)}/gallery?${query}`);
    },
    readRelease: async () => (await ask<{ release: string | null }>('/v1/status')).release,
    async sendEvents(events) {
      for (let from = 0; from < events.length; from += EVENTS_MAX) {
        const body = JSON.stringify({ events: events.slice(from, from + EVENTS_MAX) });
        const { results } = await ask<{ results: EventResult[] }>('/v1/events', { method: 'POST', body });
        const refused = results.find(({ status }) => status !== 'accepted');
        if (refused !== undefined) throw new Error(`event ${refused.id} is ${refused.status}: ${refused.reason}`);
      }
    },
  };
}
