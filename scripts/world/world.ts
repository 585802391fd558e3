// The whole made-up world: games, players and ninety days of events. A pure function of its arguments.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { type Game, makeGames } from './catalogue.ts';
import { makeEvents } from './events.ts';
import { makePlayers, type Player } from './players.ts';

/** Epoch milliseconds. A world is made as of `madeAt` and then moved in time to end at `now`. */
export interface WorldDates {
  madeAt: number;
  now: number;
}

export interface World {
  games: Game[];
  players: Player[];
  events: PlayerEvent[];
}

/**
 * The same arguments give the same world. Worlds that differ in `now` alone have the same games, players and events.
 */
export function makeWorld(seed: number, dates: WorldDates): World {
  const games = makeGames(seed, dates.madeAt);
  const players = makePlayers(seed);
  const events = makeEvents(seed, dates.madeAt, games, players);
  return { games: moveGames(games, dates), players, events: moveEvents(events, dates) };
}

/** Moves release dates by the time between the two dates. */
export function moveGames(games: readonly Game[], { madeAt, now }: WorldDates): Game[] {
  return games.map((game) => {
    const releasedAt = game.releasedAt + now - madeAt;
    return { ...game, releasedAt, item: { ...game.item, releaseDate: formatDay(releasedAt) } };
  });
}

const moveEvents = (events: readonly PlayerEvent[], { madeAt, now }: WorldDates): PlayerEvent[] =>
  events.map((event) => {
    const timestamp = event.timestamp + now - madeAt;
    return { ...event, timestamp, receivedAt: timestamp };
  });

const formatDay = (at: number): string => new Date(at).toISOString().slice(0, 10);
