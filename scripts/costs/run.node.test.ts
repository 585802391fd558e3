import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishState } from '../../workers/storage/publish-state.ts';
import { fillStores } from '../bench/serving.ts';
import { makePlayers, measureHourlyGalleries, measureTraffic } from './measure.ts';
import { type CountedServer, startCounted } from './server.ts';

const LIMIT_MS = 400_000;
const PLAYERS = 2;
const EVENTS = 10 * PLAYERS;

let server: CountedServer;
beforeAll(async () => {
  server = await startCounted();
  await fillStores(server.stores);
  await publishState(server.stores, Date.now());
}, LIMIT_MS);
afterAll(() => server?.close());

test(
  'two players are counted all the way, from their requests to the files in R2',
  async () => {
    const { events, galleries } = await measureTraffic(server, makePlayers(PLAYERS), 'test', 0);
    // Their requests, at least one batch of the queue, and the two crons.
    expect(events.requests).toBeGreaterThanOrEqual(PLAYERS + 1 + 2);
    // A call of each object, and an alarm.
    expect(events.objectRequests).toBeGreaterThanOrEqual(2 * PLAYERS);
    expect(events.objectSeconds).toBeGreaterThan(0);
    // Each message is written, read and deleted: at least one of each request with events; answers share theirs.
    expect(events.queueOperations).toBeGreaterThanOrEqual(3 * PLAYERS);
    expect(galleries.queueOperations).toBeGreaterThanOrEqual(3);
    for (const { queueOperations } of [events, galleries]) expect(queueOperations % 3).toBe(0);
    // Rows of the log and of its index; a row of the objects' signals each, and one of the outbox for those of a call.
    expect(events.d1RowsWritten).toBeGreaterThanOrEqual(2 * EVENTS);
    expect(events.objectRowsWritten).toBeGreaterThanOrEqual(EVENTS + PLAYERS);
    expect(events.objectRowsRead).toBeGreaterThanOrEqual(EVENTS);
    expect(events.objectBytes).toBeGreaterThan(4_096 * PLAYERS);
    // The file of events, and the manifest that names it.
    expect(events.r2ClassA).toBeGreaterThanOrEqual(2);
    expect(events.r2Bytes).toBeGreaterThan(0);
    expect(galleries.objectRequests).toBeGreaterThanOrEqual(PLAYERS);
    expect(galleries.r2ClassB).toBeGreaterThan(0);
    // An invocation is logged even if it prints nothing.
    expect(galleries.logEvents).toBeGreaterThanOrEqual(galleries.requests + galleries.objectRequests);
    const { batchGalleries, hourlyPlayers, idle } = await measureHourlyGalleries(server);
    expect(batchGalleries.d1RowsWritten).toBeGreaterThanOrEqual(PLAYERS);
    expect(batchGalleries.objectRequests).toBe(0);
    // A row of the player and one of the gallery, in each of the two.
    expect(hourlyPlayers).toMatchObject({ d1RowsWritten: 0, queueOperations: 0 });
    expect(hourlyPlayers.d1RowsRead).toBeGreaterThanOrEqual(2 * PLAYERS);
    expect(idle.requests).toBe(1);
    for (const usage of [events, galleries, batchGalleries, hourlyPlayers, idle])
      for (const [meter, amount] of Object.entries(usage)) expect(Number.isFinite(amount), meter).toBe(true);
  },
  LIMIT_MS,
);
