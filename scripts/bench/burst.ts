// Sends galleries and ingests to a server, all at once, from a separate process, and prints a BurstResult as one line
// of JSON. An ingest that is refused is sent again after the time that the refusal names, as a client should. Argument:
// a Burst as JSON.

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Burst {
  url: string;
  key: string;
  /** Prefix of the ids of events and players. */
  name: string;
  galleries: number;
  ingests: number;
  /** Requests of each kind in flight at once; by default all of them. */
  connections?: number;
  eventsPerIngest: number;
}

export interface BurstResult {
  /** Duration of each gallery request. */
  galleryMs: number[];
  /** Galleries by the first step in `degraded`; `none` for those that are not degraded. */
  degraded: Record<string, number>;
  /** Ingests answered with 503, each sent again later. */
  refused: number;
  /** Ids of events that were acknowledged. */
  acknowledged: string[];
  /** Other answers. */
  failed: string[];
  /** Time until the last ingest was acknowledged. */
  ms: number;
}

interface Answer {
  status: number;
  retryAfterSeconds: number;
  ms: number;
  body: Buffer;
}

const ITEMS = 5_000;

async function sendBurst(burst: Burst): Promise<BurstResult> {
  const agent = new http.Agent({ keepAlive: true });
  const result: BurstResult = { galleryMs: [], degraded: {}, refused: 0, acknowledged: [], failed: [], ms: 0 };
  const galleries: Answer[] = [];
  const startedAt = performance.now();
  await Promise.all([
    sendAll(burst.galleries, burst.connections, async (player) => {
      galleries.push(await ask(agent, burst, 'GET', `/v1/users/${burst.name}-${player}/gallery`));
    }),
    sendAll(burst.ingests, burst.connections, (player) => sendEvents(agent, burst, player, result)),
  ]);
  result.ms = performance.now() - startedAt;
  agent.destroy();
  for (const answer of galleries) countGallery(answer, result);
  return result;
}

async function sendAll(count: number, connections = count, send: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const sendNext = async () => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: connections }, sendNext));
}

async function sendEvents(agent: http.Agent, burst: Burst, player: number, result: BurstResult): Promise<void> {
  const events = Array.from({ length: burst.eventsPerIngest }, (_, event) => ({
    id: `${burst.name}-${player}-${event}`,
    userId: `${burst.name}-${player}`,
    type: 'click',
    itemId: `g${(player * 20 + event) % ITEMS}`,
  }));
  for (;;) {
    const { status, retryAfterSeconds, body } = await ask(agent, burst, 'POST', '/v1/events', { events });
    if (status === 202) {
      result.acknowledged.push(...events.map(({ id }) => id));
      return;
    }
    if (status !== 503) {
      result.failed.push(`${status} ${body}`);
      return;
    }
    result.refused++;
    await sleep(1_000 * retryAfterSeconds);
  }
}

function countGallery({ status, ms, body }: Answer, result: BurstResult): void {
  if (status !== 200) {
    result.failed.push(`${status} ${body}`);
    return;
  }
  result.galleryMs.push(ms);
  const step = JSON.parse(body.toString()).degraded[0]?.step ?? 'none';
  result.degraded[step] = (result.degraded[step] ?? 0) + 1;
}

/** Measures from the request to the last byte of the answer. */
function ask(agent: http.Agent, { url, key }: Burst, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    http
      .request(`${url}${path}`, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () =>
          resolve({
            status: response.statusCode!,
            retryAfterSeconds: Number(response.headers['retry-after'] ?? 0),
            ms: performance.now() - startedAt,
            body: Buffer.concat(chunks),
          }),
        );
      })
      .once('error', reject)
      .end(body && JSON.stringify(body));
  });
}

if (import.meta.main) console.log(JSON.stringify(await sendBurst(JSON.parse(process.argv[2]!))));
