// Writes the made-up world to D1. What the world is like is said in the files beside this one.

import { insertEvents } from '../../workers/storage/events.ts';
import { putItems } from '../../workers/storage/items.ts';
import { makeGames } from './catalogue.ts';
import { makeEvents } from './events.ts';
import { makePlayers } from './players.ts';

const EVENTS_PER_REPORT = 50_000;

export interface LoadedWorld {
  items: number;
  players: number;
  events: number;
}

/** Makes the world of a seed as it is at `now` (epoch milliseconds) and writes it; `onProgress` is told what was done. */
export async function loadWorld(
  db: D1Database,
  seed: number,
  now: number,
  onProgress: (message: string) => void,
): Promise<LoadedWorld> {
  const games = makeGames(seed, now);
  const players = makePlayers(seed);
  const events = makeEvents(seed, now, games, players);
  const count = (n: number) => n.toLocaleString('en');
  onProgress(`made ${count(games.length)} games, ${count(players.length)} players, ${count(events.length)} events`);
  for (let from = 0; from < events.length; from += EVENTS_PER_REPORT) {
    const until = Math.min(events.length, from + EVENTS_PER_REPORT);
    await insertEvents(db, events.slice(from, until));
    onProgress(`wrote ${count(until)} of ${count(events.length)} events`);
  }
  // Last: a store without items counts as empty, so that loading which was interrupted is begun again.
  await putItems(
    db,
    games.map((game) => game.item),
  );
  onProgress(`wrote ${count(games.length)} games`);
  return { items: games.length, players: players.length, events: events.length };
}
