// Game clients that send events over HTTP and repeat, with the same ids, what was not acknowledged.

import { setTimeout as sleep } from 'node:timers/promises';
import type { EventInput, EventResult, EventType } from '../../models/contracts/event.ts';
import type { Random } from '../../models/data/random.ts';

const EVENTS_PER_REQUEST = 20;
const CONNECTIONS = 8;
const ITEMS = 500;
const ANSWER_TIMEOUT_MS = 30_000;
const RETRY_MS = 250;
/** Far more than a restart takes. */
const GIVE_UP_MS = 300_000;
const TYPES: readonly EventType[] = ['impression', 'view', 'click', 'like', 'play', 'wishlist', 'purchase', 'dismiss'];

export interface Sent {
  /** Ids of the acknowledged events by user. */
  acknowledged: Map<string, Set<string>>;
  /** Requests that were sent again. */
  retries: number;
}

export interface Traffic {
  url: string;
  key: string;
  events: number;
  players: number;
  random: Random;
  /** Gets the number of acknowledged events. */
  onAcknowledged(events: number): void;
}

/** Resolves once all events are acknowledged. Throws if one is rejected, or if none is acknowledged for minutes. */
export async function sendEvents({ url, key, events, players, random, onAcknowledged }: Traffic): Promise<Sent> {
  const sent: Sent = { acknowledged: new Map(), retries: 0 };
  let made = 0;
  let acknowledged = 0;
  const sendNext = async () => {
    while (made < events) {
      const userId = `chaos-${Math.floor(made / EVENTS_PER_REQUEST) % players}`;
      const size = Math.min(EVENTS_PER_REQUEST, events - made);
      const batch = Array.from({ length: size }, () => makeEvent(userId, made++, random));
      await sendUntilAcknowledged(`${url}/v1/events`, key, batch, () => {
        sent.retries++;
      });
      const ids = sent.acknowledged.get(userId) ?? new Set();
      for (const { id } of batch) ids.add(id);
      sent.acknowledged.set(userId, ids);
      acknowledged += size;
      onAcknowledged(acknowledged);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendNext));
  return sent;
}

function makeEvent(userId: string, number: number, random: Random): EventInput {
  const type = random.pick(TYPES);
  return {
    id: `event-${number}`,
    userId,
    type,
    itemId: `game-${random.below(ITEMS)}`,
    // Events without a time are stamped by the server, anew with each attempt.
    ...(random.chance(0.5) ? { timestamp: Date.now() } : {}),
  };
}

async function sendUntilAcknowledged(
  url: string,
  key: string,
  events: readonly EventInput[],
  onRetry: () => void,
): Promise<void> {
  const body = JSON.stringify({ events });
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    const results = await post(url, key, body);
    if (results !== undefined) {
      const refused = results.find(({ status }) => status === 'rejected');
      if (refused !== undefined) throw new Error(`event ${refused.id} is rejected: ${refused.reason}`);
      return;
    }
    if (Date.now() > deadline) throw new Error(`no answer for ${GIVE_UP_MS / 1_000} seconds; see wrangler.log`);
    onRetry();
    await sleep(RETRY_MS);
  }
}

/** The results; undefined if the request was not acknowledged. Throws if it never can be. */
async function post(url: string, key: string, body: string): Promise<EventResult[] | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (response.status === 202) return ((await response.json()) as { results: EventResult[] }).results;
    const text = await response.text();
    // 408: a process died while it passed the body on.
    if (response.status >= 400 && response.status < 500 && response.status !== 408)
      throw new TypeError(`POST /v1/events: ${response.status} ${text}`, { cause: 'client' });
    return undefined;
  } catch (error) {
    if ((error as Error).cause === 'client') throw error;
    return undefined;
  }
}
