// Measures what a gallery, an event, a new player, an hourly gallery, an isolate's start and the crons use, one phase
// after the other. Each phase lasts until the queues, alarms and exports that it has caused are done.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cron } from 'croner';
import { CHECK_DELAY_MS } from '../../workers/nearline/check-log.ts';
import { CRONS, cronOf } from '../../workers/storage/job-schedule.ts';
import { publishState } from '../../workers/storage/publish-state.ts';
import { fillStores } from '../bench/serving.ts';
import { EVENTS_PER_REQUEST, type Measured, type Traffic } from './load.ts';
import { type CountedServer, KEY } from './server.ts';
import { addUsages, scaleUsage, subtractUsage, type Usage } from './usage.ts';

/** An object's alarm compares its outbox with the log this long after its events. */
const LOGGED_MS = CHECK_DELAY_MS + 5_000;
/** Queues deliver within two seconds. */
const QUIET_MS = 4_000;
const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 86_400_000;
const GALLERIES_CRON = cronOf('compute-galleries');
/** The crons that count and export what the phases log. */
const LOG_CRONS = [cronOf('refresh-statistics'), cronOf('export-snapshot')];
const TYPES = ['impression', 'impression', 'impression', 'impression', 'impression', 'impression', 'click', 'play'];
/** Between the items of a request, so that they come from the whole catalogue. */
const STRIDE = 97;

export interface Plan {
  players: number;
  /** Between two requests of a calm store. */
  paceMs: number;
  log(message: string): void;
}

/** Those who send the load. */
export interface Players {
  userIds: readonly string[];
  /** Ids of their last answers. */
  answers: Map<string, string>;
}
/** All events and all galleries of a phase, with the crons that count and export them. */
export interface CountedTraffic {
  events: Usage;
  galleries: Usage;
}

/** `server`: with an empty store. */
export async function measure(server: CountedServer, { players, paceMs, log }: Plan): Promise<Measured> {
  const sent = makePlayers(players);
  log('filling a store …');
  await fillStores(server.stores);
  await publishState(server.stores, Date.now());
  log('a cold isolate …');
  const isolateStart = await runPhase(server, () => requestGallery(server, 'starter').then(() => {}));
  await assertModelServes(server);
  await server.measureIdleTime();
  log(`first visits of ${players} players …`);
  const firstVisits = await runObjectPhase(server, sent.userIds, LOGGED_MS, () =>
    forEach(sent, paceMs, async (userId, player) => {
      await request(server, sent, userId);
      await send(server, sent, 'first', userId, player);
    }),
  );
  const firstLogged = await runLogCrons(server);
  log('events and galleries of a calm store …');
  const calm = await measureTraffic(server, sent, 'calm', paceMs);
  log('events and galleries of a busy store …');
  const busy = await measureTraffic(server, sent, 'busy', 0);
  log('jobs …');
  const idle = new Map<string, Usage>();
  for (const cron of CRONS)
    if (cron !== GALLERIES_CRON) idle.set(cron, await runPhase(server, () => server.runCron(cron)));
  const idleLogCrons = addUsages(LOG_CRONS.map((cron) => idle.get(cron)!));
  const perOne = ({ events, galleries }: CountedTraffic): Traffic => ({
    event: scaleUsage(subtractUsage(events, idleLogCrons), 1 / (players * EVENTS_PER_REQUEST)),
    gallery: scaleUsage(subtractUsage(galleries, idleLogCrons), 1 / players),
  });
  log('hourly galleries …');
  const { batchGalleries, hourlyPlayers, idle: idleGalleries } = await measureHourlyGalleries(server);
  idle.set(GALLERIES_CRON, idleGalleries);
  return {
    isolateStart,
    firstVisit: scaleUsage(addUsages([firstVisits, subtractUsage(firstLogged, idleLogCrons)]), 1 / players),
    calm: perOne(calm),
    busy: perOne(busy),
    hourlyPlayer: scaleUsage(hourlyPlayers, 1 / players),
    batchGallery: scaleUsage(batchGalleries, 1 / players),
    jobs: addUsages(Array.from(idle, ([cron, usage]) => scaleUsage(usage, countRuns(cron)))),
  };
}

export const makePlayers = (players: number): Players => ({
  userIds: Array.from({ length: players }, (_, player) => `player-${player}`),
  answers: new Map(),
});

/** Each player sends a request of events, and later requests a gallery. `round`: part of the events' ids. */
export async function measureTraffic(
  server: CountedServer,
  players: Players,
  round: string,
  waitMs: number,
): Promise<CountedTraffic> {
  const { userIds } = players;
  const events = await runObjectPhase(server, userIds, LOGGED_MS, () =>
    forEach(players, waitMs, (userId, player) => send(server, players, round, userId, player)),
  );
  const eventsLogged = await runLogCrons(server);
  const galleries = await runObjectPhase(server, userIds, 0, () =>
    forEach(players, waitMs, (userId) => request(server, players, userId)),
  );
  const galleriesLogged = await runLogCrons(server);
  return { events: addUsages([events, eventsLogged]), galleries: addUsages([galleries, galleriesLogged]) };
}

/** A gallery of each player, a look at each of them, and the cron's other work, which does not depend on players. */
export async function measureHourlyGalleries(
  server: CountedServer,
): Promise<{ batchGalleries: Usage; hourlyPlayers: Usage; idle: Usage }> {
  const run = () => runPhase(server, () => server.runCron(GALLERIES_CRON));
  const age = (ms: number) =>
    server.stores.DB.prepare('update users set last_event_at = last_event_at - ?1').bind(ms).run();
  // A gallery is composed again while events are so new that the log may lack them.
  await age(HOUR_MS);
  const composing = await run();
  const looking = await run();
  await age(MONTH_MS);
  const idle = await run();
  return { batchGalleries: subtractUsage(composing, looking), hourlyPlayers: subtractUsage(looking, idle), idle };
}

const runLogCrons = (server: CountedServer): Promise<Usage> =>
  runPhase(server, async () => {
    for (const cron of LOG_CRONS) await server.runCron(cron);
  });

/** Counts until everything that the work has caused is done, and for `leastMs`. */
async function runPhase(server: CountedServer, work: () => Promise<void>, leastMs = 0): Promise<Usage> {
  const storedBefore = await server.readStored();
  const before = await server.readUsage();
  await work();
  await server.settle(leastMs, QUIET_MS);
  const after = await server.readUsage();
  return subtractUsage({ ...after, ...(await server.readStored()) }, { ...before, ...storedBefore });
}

/** As `runPhase`, with the bytes of the players' objects. None of them is in memory when the work begins. */
async function runObjectPhase(
  server: CountedServer,
  userIds: readonly string[],
  leastMs: number,
  work: () => Promise<void>,
): Promise<Usage> {
  const bytesBefore = await server.readObjectBytes(userIds);
  await server.evictObjects(userIds);
  const usage = await runPhase(server, work, leastMs);
  return { ...usage, objectBytes: (await server.readObjectBytes(userIds)) - bytesBefore };
}

async function forEach(
  { userIds }: Players,
  waitMs: number,
  visit: (userId: string, player: number) => Promise<void>,
): Promise<void> {
  for (const [player, userId] of userIds.entries()) await Promise.all([visit(userId, player), sleep(waitMs)]);
}

/** Runs of a cron in thirty days. */
export function countRuns(cron: string): number {
  const times = new Cron(cron, { timezone: 'UTC' });
  const from = Date.UTC(2026, 0, 1);
  let runs = 0;
  for (let next = times.nextRun(new Date(from)); next && next.getTime() <= from + MONTH_MS; next = times.nextRun(next))
    runs++;
  return runs;
}

async function request(server: CountedServer, { answers }: Players, userId: string): Promise<void> {
  answers.set(userId, await requestGallery(server, userId));
}

/** Returns the answer's id. */
async function requestGallery({ url }: CountedServer, userId: string): Promise<string> {
  const gallery = await call<{ recommendationId: string }>(`${url}/v1/users/${userId}/gallery`);
  return gallery.recommendationId;
}

async function send(
  { url }: CountedServer,
  { answers }: Players,
  round: string,
  userId: string,
  player: number,
): Promise<void> {
  const events = Array.from({ length: EVENTS_PER_REQUEST }, (_, position) => ({
    id: `${round}-${userId}-${position}`,
    userId,
    type: TYPES[position % TYPES.length],
    itemId: `g${(player + position) * STRIDE}`,
    position,
    recommendationId: answers.get(userId),
  }));
  const { results } = await call<{ results: { status: string }[] }>(`${url}/v1/events`, { events });
  if (results.some(({ status }) => status !== 'accepted'))
    throw new Error(`not all events were accepted: ${JSON.stringify(results)}`);
}

/** A store without a model would cost less. */
async function assertModelServes(server: CountedServer): Promise<void> {
  const { engine } = await call<{ engine: string | null }>(`${server.url}/v1/status`);
  if (engine !== 'onnx') throw new Error(`the model does not serve: the engine is ${engine}`);
}

async function call<T>(url: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const response = await fetch(
    url,
    body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
  );
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
