// The store as a game client sees it: its HTTP API. Nothing else of the system is known to the simulated players.

import { setTimeout as sleep } from 'node:timers/promises';
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
const ATTEMPTS_MAX = 5;
const RETRY_MS = 500;

class UnavailableError extends Error {}

/** As any client should: what is not possible just now is sent again, the same. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
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
      const query = new URLSearchParams({ policy, platform, country: home.country, deadlineMs: String(DEADLINE_MS) });
      return patiently(() => ask(`/v1/users/${encodeURIComponent(userId)}/gallery?${query}`));
    },
    readRelease: async () => (await ask<{ release: string | null }>('/v1/status')).release,
    async sendEvents(events) {
      for (let from = 0; from < events.length; from += EVENTS_MAX) {
        const body = JSON.stringify({ events: events.slice(from, from + EVENTS_MAX) });
        const { results } = await patiently(() =>
          ask<{ results: EventResult[] }>('/v1/events', { method: 'POST', body }),
        );
        // What was sent twice, because the first answer did not come, is a duplicate.
        const refused = results.find(({ status }) => status === 'rejected');
        if (refused !== undefined) throw new Error(`event ${refused.id} is ${refused.status}: ${refused.reason}`);
      }
    },
  };
}
