// One round of the closed loop: the same players go to the store under each policy, several times, and what they met and
// did is counted. Each policy's copy of a player is a user of its own, so that no policy learns from another's signals.

import { randomUUID } from 'node:crypto';
import type { EventInput } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import { POLICIES } from '../../workers/recommending/policies.ts';
import { holdsOwnGames } from '../../workers/recommending/rows.ts';
import type { Game } from '../world/catalogue.ts';
import { makePlayers, type Player } from '../world/players.ts';
import { COLUMNS_SEEN, NEXT_COLUMN, NEXT_ROW, type Reaction, ROWS_SEEN, Visit } from './player.ts';
import type { Store } from './store.ts';

export type PolicyName = (typeof POLICIES)[number];

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const DAYS_BETWEEN_VISITS = 2;
const PAGES_MAX = 8;
/** How likely a player goes on to another page after a click, and after having played. */
const ON_AFTER_CLICK = 0.9;
const ON_AFTER_PLAY = 0.4;
const AT_ONCE = 8;

/** What one player met and did under one policy. */
export interface Tally {
  visits: number;
  pages: number;
  looks: number;
  clicks: number;
  firstVisit: { looks: number; clicks: number };
  plays: number;
  dismissals: number;
  /** Summed over pages: clicks to be expected of the best page that there could have been, less those of the one shown. */
  regret: number;
  best: number;
  events: number;
  /** Pages that were not answered as they should have been, by what was lacking. */
  degraded: number;
}

export interface RoundPlan {
  store: Store;
  games: readonly Game[];
  seed: number;
  round: number;
  players: number;
  visits: number;
  /** Epoch milliseconds of the last visit. */
  now: number;
  onProgress(share: number): void;
}

/** By policy, the same players in the same order. Throws what the store answers with where it does not answer well. */
export async function runRound(plan: RoundPlan): Promise<Record<PolicyName, Tally[]>> {
  const { seed, round, players } = plan;
  // Not the players whose ninety days the store knows: those have the world's own seed.
  const drawn = makePlayers(1_000 * seed + round).slice(0, players);
  const gameOf = new Map(plan.games.map((game) => [game.item.itemId, game]));
  const work = drawn.flatMap((player, place) => POLICIES.map((policy) => ({ player, policy, place })));
  const tallies = Object.fromEntries(POLICIES.map((policy) => [policy, [] as Tally[]])) as Record<PolicyName, Tally[]>;
  let next = 0;
  const workOff = async () => {
    while (next < work.length) {
      const { player, policy, place } = work[next++]!;
      tallies[policy][place] = await livePlayer({ ...plan, player, policy, gameOf });
      plan.onProgress(next / work.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workOff));
  return tallies;
}

interface Life extends RoundPlan {
  player: Player;
  policy: PolicyName;
  gameOf: ReadonlyMap<string, Game>;
}

async function livePlayer(life: Life): Promise<Tally> {
  const { player, seed, round, visits, now } = life;
  const tally: Tally = {
    visits,
    pages: 0,
    looks: 0,
    clicks: 0,
    firstVisit: { looks: 0, clicks: 0 },
    plays: 0,
    dismissals: 0,
    regret: 0,
    best: 0,
    events: 0,
    degraded: 0,
  };
  const met = new Map<string, { game: Game; liking: number }>();
  for (let number = 0; number < visits; number++) {
    const at = now - (visits - 1 - number) * DAYS_BETWEEN_VISITS * DAY_MS;
    const visit = new Visit(seed, { ...player, userId: `${round}/${player.userId}` }, number, met);
    const random = createRandom(seed, `${round}/${player.userId}/${number}/leaving`);
    await visitStore(life, visit, random, at, tally);
    if (number === 0) tally.firstVisit = { looks: tally.looks, clicks: tally.clicks };
  }
  return tally;
}

async function visitStore(life: Life, visit: Visit, random: Random, at: number, tally: Tally): Promise<void> {
  const { store, player, policy, round, gameOf } = life;
  const userId = `simulated-${round}-${policy}-${player.userId.slice('player-'.length)}`;
  let clock = at;
  const tick = () => {
    clock += SECOND_MS;
    return clock;
  };
  for (let page = 0; page < PAGES_MAX; page++) {
    const gallery = await store.readGallery(userId, policy, player);
    // Who comes to look for something new passes over the games that are their own already.
    const rows = gallery.rows.filter(({ id }) => !holdsOwnGames(id));
    measureRegret(visit, rows, life, tally);
    const { looked, reaction } = visit.lookOver(rows, (itemId) => gameOf.get(itemId));
    const events = describeLooks(userId, gallery, looked, reaction, tick);
    await store.sendEvents(events);
    tally.pages++;
    tally.looks += looked.length;
    tally.events += events.length;
    tally.degraded += Number(gallery.degraded.length > 0);
    if (reaction === undefined) return;
    tally.clicks++;
    tally.plays += Number(reaction.played !== null);
    tally.dismissals += Number(reaction.dismissed);
    if (!random.chance(reaction.played === null ? ON_AFTER_CLICK : ON_AFTER_PLAY)) return;
  }
}

function measureRegret(visit: Visit, rows: Gallery['rows'], { games, player, gameOf, now }: Life, tally: Tally): void {
  const places: number[] = [];
  let shown = 0;
  for (let row = 0; row < ROWS_SEEN; row++)
    for (let column = 0; column < COLUMNS_SEEN; column++) {
      const seen = NEXT_ROW ** row * NEXT_COLUMN ** column;
      places.push(seen);
      const game = gameOf.get(rows[row]?.items[column]?.itemId ?? '');
      if (game !== undefined) shown += seen * visit.clickChance(game);
    }
  const chances = games
    .filter(({ item, releasedAt }) => releasedAt <= now && item.platforms.includes(player.platform))
    .map((game) => visit.clickChance(game))
    .sort((a, b) => b - a);
  places.sort((a, b) => b - a);
  const best = places.reduce((sum, seen, place) => sum + seen * (chances[place] ?? 0), 0);
  tally.best += best;
  tally.regret += best - shown;
}

function describeLooks(
  userId: string,
  { recommendationId, rows }: Gallery,
  looked: readonly { itemId: string }[],
  reaction: Reaction | undefined,
  tick: () => number,
): EventInput[] {
  const positions = new Map(rows.flatMap(({ items }) => items).map(({ itemId }, position) => [itemId, position]));
  const event = (type: EventInput['type'], itemId: string, value?: number): EventInput => ({
    id: randomUUID(),
    userId,
    type,
    itemId,
    timestamp: tick(),
    recommendationId,
    position: positions.get(itemId),
    ...(value === undefined ? {} : { value }),
  });
  const events = looked.map(({ itemId }) => event('impression', itemId));
  if (reaction === undefined) return events;
  const { item } = reaction.game;
  events.push(event('click', item.itemId));
  if (reaction.dismissed) events.push(event('dismiss', item.itemId));
  if (reaction.played !== null) {
    if (item.price !== null && item.price > 0) events.push(event('purchase', item.itemId, item.price));
    events.push(event('play', item.itemId, reaction.played));
  }
  return events;
}
