// Ninety days of events of the made-up world's players, session by session. A pure function: no clock, no I/O.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import { createExposure, type Exposure, type Known } from './exposure.ts';
import { type Player, SEGMENTS } from './players.ts';
import { DISAPPOINTING, DISMISS_CHANCE, drawMinutes, drawPreference, playChance } from './preference.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Relative number of sessions that start at each hour of the player's local day: few at night, most in the evening. */
const HOURS = [3, 2, 1, 0.5, 0.5, 0.5, 1, 2, 2.5, 3, 3, 3.5, 4, 4, 4, 4.5, 5, 6, 8, 10, 12, 11, 8, 5];
const WEEKEND_FACTOR = 1.5;

type Activity = Pick<PlayerEvent, 'type'> & Partial<Pick<PlayerEvent, 'itemId' | 'value' | 'query'>>;

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
  const exposure = createExposure(games, now);
  return players
    .flatMap((player) => makePlayerEvents(seed, now, exposure, player))
    .sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
}

function makePlayerEvents(seed: number, now: number, exposure: Exposure, player: Player): PlayerEvent[] {
  const random = createRandom(seed, player.userId);
  const known: Known = new Map();
  const events: PlayerEvent[] = [];
  let clock = 0;
  const act = (activity: Activity) => {
    // Nothing happens after `now`.
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
      ...activity,
    });
  };
  const wait = (ms: number) => {
    clock += Math.round(ms);
  };
  for (const start of drawSessionStarts(random, player, now)) {
    clock = Math.max(clock + MINUTE_MS, start);
    playSession({ random, player, exposure, known, act, wait, at: () => clock });
  }
  return events;
}

interface Session {
  random: Random;
  player: Player;
  exposure: Exposure;
  /** The games that the player has tried so far; the session adds to them. */
  known: Known;
  act(activity: Activity): void;
  wait(ms: number): void;
  at(): number;
}

/** Plays a favourite again, then tries new games. */
function playSession(session: Session): void {
  const { random, player, exposure, known, act, wait } = session;
  const favourites = [...known.values()].filter((one) => one.plays > 0 && one.preference > 0.4);
  if (favourites.length > 0 && random.chance(0.5)) {
    const favourite = favourites[random.weighted(favourites.map((one) => one.preference ** 2 / one.plays))]!;
    play(session, favourite.game, favourite.preference);
    favourite.plays++;
  }
  const segment = random.weighted(player.segmentWeights);
  const searched = random.chance(0.06);
  if (searched) {
    act({ type: 'search', query: SEGMENTS[segment]!.toLowerCase() });
    wait(5 * SECOND_MS + 10 * SECOND_MS * random.next());
  }
  const shown = exposure.draw(random, player, segment, known, session.at(), 2);
  for (const game of shown) act({ type: 'impression', itemId: game.item.itemId });
  wait(5 * SECOND_MS + 30 * SECOND_MS * random.next());
  for (const game of shown) if (random.chance(0.8)) tryGame(session, game);
}

/** A click, perhaps a view of the page, and the player's reaction. */
function tryGame(session: Session, game: Game): void {
  const { random, player, known, act, wait } = session;
  const { itemId, price } = game.item;
  const preference = drawPreference(random, player, game);
  const one = { game, plays: 0, preference };
  known.set(itemId, one);

  act({ type: 'click', itemId });
  wait(3 * SECOND_MS);
  if (random.chance(0.3)) {
    const seconds = Math.round(5 + 90 * random.next());
    wait(seconds * SECOND_MS);
    act({ type: 'view', itemId, value: seconds });
  }
  if (preference < DISAPPOINTING && random.chance(DISMISS_CHANCE)) {
    act({ type: 'dismiss', itemId });
    return;
  }
  if (!random.chance(playChance(preference))) {
    if (preference > 0.5 && random.chance(0.3)) act({ type: 'wishlist', itemId });
    return;
  }
  if (price !== null && price > 0) act({ type: 'purchase', itemId, value: price });
  wait(MINUTE_MS + 4 * MINUTE_MS * random.next());
  play(session, game, preference);
  one.plays++;
  wait(MINUTE_MS);
  if (random.chance(0.28)) {
    const stars = 0.6 + 3.6 * game.quality + 0.8 * preference + 0.45 * random.normal();
    act({ type: 'rate', itemId, value: Math.min(5, Math.max(0.5, Math.round(2 * stars) / 2)) });
  } else if (random.chance(0.2)) act({ type: preference > 0.45 ? 'like' : 'dislike', itemId });
}

/** A play is logged at its end, with its minutes. */
function play({ random, act, wait }: Session, game: Game, preference: number): void {
  const minutes = drawMinutes(random, preference);
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
    // A player who joined today may have no such hour left: any moment since joining will do.
    if (start >= joinedAt && start < now) starts.push(start);
    else if (player.joinedDaysAgo < 2) starts.push(Math.round(now - player.joinedDaysAgo * random.next() * DAY_MS) - 1);
  }
  return starts.sort((a, b) => a - b);
}
