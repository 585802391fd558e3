// Writes the made-up world to D1, each player to one database of the log. The files beside this one define the world.

import { setTimeout as sleep } from 'node:timers/promises';
import { insertEvents } from '../../workers/storage/events.ts';
import { putItems } from '../../workers/storage/items.ts';
import { chooseShard, type LogShards } from '../../workers/storage/log-shards.ts';
import { seedShard } from '../../workers/storage/seed-shard.ts';
import { makeWorld, type WorldDates } from './world.ts';

const EVENTS_PER_REPORT = 50_000;
const NOTICE_MS = 50;

export interface LoadedWorld {
  items: number;
  players: number;
  events: number;
}

/** Makes a world and writes it to the databases; `onProgress` gets a line after each step. */
export async function loadWorld(
  db: D1Database,
  shards: LogShards,
  { seed, ...dates }: WorldDates & { seed: number },
  onProgress: (message: string) => void,
): Promise<LoadedWorld> {
  const { games, players, events } = makeWorld(seed, dates);
  // Making the world blocks the event loop for seconds, in which workerd closes its idle connection. A request before
  // the client has noticed would fail.
  await sleep(NOTICE_MS);
  const count = (n: number) => n.toLocaleString('en');
  onProgress(`made ${count(games.length)} games, ${count(players.length)} players, ${count(events.length)} events`);
  for (const shard of shards) await seedShard(db, shard);
  for (let from = 0; from < events.length; from += EVENTS_PER_REPORT) {
    const until = Math.min(events.length, from + EVENTS_PER_REPORT);
    const routed = Map.groupBy(events.slice(from, until), ({ userId }) => chooseShard(userId, shards.length));
    for (const [shard, own] of routed) await insertEvents(shards[shard]!, own);
    onProgress(`wrote ${count(until)} of ${count(events.length)} events`);
  }
  // Last: a store without items counts as empty, so that an interrupted load starts again.
  await putItems(
    db,
    games.map((game) => game.item),
  );
  onProgress(`wrote ${count(games.length)} games`);
  return { items: games.length, players: players.length, events: events.length };
}
