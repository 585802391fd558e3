// Measures how fast the queue's consumer writes events to one of the log's databases: batches as large as Cloudflare's
// queues allow, in a store of its own. The baseline is the same rows in a table without an index.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { createRandom } from '../../models/data/random.ts';
import { insertCountedEvents } from '../../workers/storage/events.ts';
import { withPlatform } from '../local/platform.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';

/** A batch of a hundred messages, each of a request with some events. */
const EVENTS_PER_BATCH = 1_000;
const PLAYERS = 20_000;
const SEED = 1;

export interface LogReport {
  events: number;
  eventsPerBatch: number;
  eventsPerSecond: number;
  baselinePerSecond: number;
  bytesPerEvent: number;
}

export const benchLog = (events: number, log: (message: string) => void): Promise<LogReport> =>
  withTemporaryFolder('log', (folder) =>
    withPlatform(folder, async ({ LOG_0 }) => {
      const drawn = drawEvents(events);
      const before = await readBytes(LOG_0);
      log('as the consumer writes them …');
      const insert = (batch: PlayerEvent[]) => insertCountedEvents(LOG_0, batch);
      const eventsPerSecond = await measureRate(drawn, insert);
      const bytesPerEvent = ((await readBytes(LOG_0)) - before) / events;
      log('without an index …');
      await LOG_0.prepare('create table baseline (body text)').run();
      const sql = 'insert into baseline (body) select value from json_each(?1)';
      const baselinePerSecond = await measureRate(drawn, (batch) =>
        LOG_0.prepare(sql).bind(JSON.stringify(batch)).run(),
      );
      return { events, eventsPerBatch: EVENTS_PER_BATCH, eventsPerSecond, baselinePerSecond, bytesPerEvent };
    }),
  );

export const formatLog = ({ events, eventsPerBatch, ...report }: LogReport): string =>
  [
    `${count(events)} events in batches of ${count(eventsPerBatch)}: ${count(report.eventsPerSecond)} a second`,
    `the same rows in a table without an index: ${count(report.baselinePerSecond)} a second`,
    `${count(report.bytesPerEvent)} bytes an event, with its index and its player`,
  ].join('\n');

const count = (n: number) => Math.round(n).toLocaleString('en');

function drawEvents(events: number): PlayerEvent[] {
  const random = createRandom(SEED, 'events');
  const now = Date.now();
  return Array.from({ length: events }, (_, n) => ({
    id: `${n.toString(36).padStart(8, '0')}-4f2a-9c31-event`,
    userId: `player-${random.below(PLAYERS)}`,
    type: random.pick(['impression', 'click', 'play', 'view'] as const),
    itemId: `game-${random.below(5_000)}`,
    value: null,
    query: null,
    timestamp: now + n,
    receivedAt: now + n,
    recommendationId: null,
    position: random.below(40),
    platform: 'windows',
    country: 'DE',
    locale: 'de-DE',
  }));
}

async function measureRate(events: readonly PlayerEvent[], insert: (batch: PlayerEvent[]) => Promise<unknown>) {
  const startedAt = performance.now();
  for (let from = 0; from < events.length; from += EVENTS_PER_BATCH)
    await insert(events.slice(from, from + EVENTS_PER_BATCH));
  return (1_000 * events.length) / (performance.now() - startedAt);
}

const readBytes = async (db: D1Database): Promise<number> => (await db.prepare('select 1').all()).meta.size_after;
