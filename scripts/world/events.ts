// Ninety days of what the players of the made-up world do, session by session. A pure function: no clock, no I/O.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import { createShelves, type Known, type Shelves } from './exposure.ts';
import { NICHES, type Player } from './players.ts';
import { DISAPPOINTING, DISMISS_CHANCE, drawLiking, drawMinutes, playChance } from './preference.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Share of sessions begun at each hour of the player's own day: few at night, most in the evening. */
const HOURS = [3, 2, 1, 0.5, 0.5, 0.5, 1, 2, 2.5, 3, 3, 3.5, 4, 4, 4, 4.5, 5, 6, 8, 10, 12, 11, 8, 5];
const WEEKEND_FACTOR = 1.5;

type Doing = Pick<PlayerEvent, 'type'> & Partial<Pick<PlayerEvent, 'itemId' | 'value' | 'query'>>;

/**
 * Between 100,000 and 200,000 events in time order, none after `now` (epoch milliseconds). The same arguments give the
 * same events.
 */
export function makeEvents(
  seed: number,
  now: number,
  games: readonly Game[],
  players: readonly Player[],
): PlayerEvent[] {
  const shelves = createShelves(games, now);
  return players
    .flatMap((player) => makePlayerEvents(seed, now, shelves, player))
    .sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
}

function makePlayerEvents(seed: number, now: number, shelves: Shelves, player: Player): PlayerEvent[] {
  const random = createRandom(seed, player.userId);
  const known: Known = new Map();
  const events: PlayerEvent[] = [];
  let clock = 0;
  const act = (doing: Doing) => {
    // What would lie ahead of `now` has not happened yet.
    if (clock > now) return;
    events.push({
      id: `world-${seed}-${player.userId.slice('player-'.length)}-${events.length + 1}`,
      userId: player.userId,
      itemId: null,
      value: null,
      query: null,
      timestamp: clock,
      receivedAt: clock,
      recommendationId: null,
      position: null,
      platform: player.platform,
      country: player.home.country,
      locale: player.home.locale,
      ...doing,
    });
  };
  const wait = (ms: number) => {
    clock += Math.round(ms);
  };
  for (const start of drawSessionStarts(random, player, now)) {
    clock = Math.max(clock + MINUTE_MS, start);
    playSession({ random, player, shelves, known, act, wait, at: () => clock });
  }
  return events;
}

interface Session {
  random: Random;
  player: Player;
  shelves: Shelves;
  /** What the player has met so far; the session adds to it. */
  known: Known;
  act(doing: Doing): void;
  wait(ms: number): void;
  at(): number;
}

/** Back to a game that is liked, then a look at what else there is. */
function playSession(session: Session): void {
  const { random, player, shelves, known, act, wait } = session;
  const favourites = [...known.values()].filter((one) => one.plays > 0 && one.liking > 0.4);
  if (favourites.length > 0 && random.chance(0.5)) {
    const favourite = favourites[random.weighted(favourites.map((one) => one.liking ** 2 / one.plays))]!;
    play(session, favourite.game, favourite.liking);
    favourite.plays++;
  }
  const niche = random.weighted(player.taste);
  const searched = random.chance(0.06);
  if (searched) {
    act({ type: 'search', query: NICHES[niche]!.toLowerCase() });
    wait(5 * SECOND_MS + 10 * SECOND_MS * random.next());
  }
  const shown = shelves.draw(random, player, niche, known, session.at(), 2);
  for (const game of shown) act({ type: 'impression', itemId: game.item.itemId });
  wait(5 * SECOND_MS + 30 * SECOND_MS * random.next());
  for (const game of shown) if (random.chance(0.8)) meetGame(session, game);
}

/** A click, a look, and what comes of it. */
function meetGame(session: Session, game: Game): void {
  const { random, player, known, act, wait } = session;
  const { itemId, price } = game.item;
  const liking = drawLiking(random, player, game);
  const one = { game, plays: 0, liking };
  known.set(itemId, one);

  act({ type: 'click', itemId });
  wait(3 * SECOND_MS);
  if (random.chance(0.3)) {
    const seconds = Math.round(5 + 90 * random.next());
    wait(seconds * SECOND_MS);
    act({ type: 'view', itemId, value: seconds });
  }
  if (liking < DISAPPOINTING && random.chance(DISMISS_CHANCE)) {
    act({ type: 'dismiss', itemId });
    return;
  }
  if (!random.chance(playChance(liking))) {
    if (liking > 0.5 && random.chance(0.3)) act({ type: 'wishlist', itemId });
    return;
  }
  if (price !== null && price > 0) act({ type: 'purchase', itemId, value: price });
  wait(MINUTE_MS + 4 * MINUTE_MS * random.next());
  play(session, game, liking);
  one.plays++;
  wait(MINUTE_MS);
  if (random.chance(0.28)) {
    const stars = 0.6 + 3.6 * game.quality + 0.8 * liking + 0.45 * random.normal();
    act({ type: 'rate', itemId, value: Math.min(5, Math.max(0.5, Math.round(2 * stars) / 2)) });
  } else if (random.chance(0.2)) act({ type: liking > 0.45 ? 'like' : 'dislike', itemId });
}

/** A play is told at its end, with its minutes; the liked are played for longer. */
function play({ random, act, wait }: Session, game: Game, liking: number): void {
  const minutes = drawMinutes(random, liking);
  wait(minutes * MINUTE_MS);
  act({ type: 'play', itemId: game.item.itemId, value: minutes });
}

/** Epoch milliseconds, in order, none before the player joined. */
function drawSessionStarts(random: Random, player: Player, now: number): number[] {
  const joinedAt = now - player.joinedDaysAgo * DAY_MS;
  const starts: number[] = [];
  while (starts.length < player.sessions) {
    const day = Math.floor((now - player.joinedDaysAgo * random.next() * DAY_MS) / DAY_MS) * DAY_MS;
    const weekday = new Date(day).getUTCDay();
    if (weekday !== 0 && weekday !== 6 && !random.chance(1 / WEEKEND_FACTOR)) continue;
    const hour = random.weighted(HOURS) + random.next() - player.home.utcOffsetHours;
    const start = Math.round(day + hour * HOUR_MS);
    // Someone who joined today may find no hour of this kind left: then the moment of joining has to do.
    if (start >= joinedAt && start < now) starts.push(start);
    else if (player.joinedDaysAgo < 2) starts.push(Math.round(now - player.joinedDaysAgo * random.next() * DAY_MS) - 1);
  }
  return starts.sort((a, b) => a - b);
}
