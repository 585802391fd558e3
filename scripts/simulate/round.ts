// One round of the closed loop: the same players visit the store several times under each policy, and their impressions
// and reactions are counted. Each policy's copy of a player is its own user, so that policies share no signals.

import { randomUUID } from 'node:crypto';
import type { EventInput } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { POLICIES, type Policy } from '../../models/contracts/policy.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import { showsOwnGames } from '../../workers/recommending/rows.ts';
import type { Game } from '../world/catalogue.ts';
import { makePlayers, type Player } from '../world/players.ts';
import { COLUMNS_SEEN, NEXT_COLUMN, NEXT_ROW, type Reaction, ROWS_SEEN, Visit } from './player.ts';
import type { Store } from './store.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const DAYS_BETWEEN_VISITS = 2;
const PAGES_MAX = 8;
/** Probability that a player opens another page after a click, and after a play. */
const CONTINUE_AFTER_CLICK = 0.9;
const CONTINUE_AFTER_PLAY = 0.4;
const CONCURRENCY = 8;

/** Counts of one player under one policy. */
export interface Tally {
  visits: number;
  pages: number;
  impressions: number;
  clicks: number;
  firstVisit: { impressions: number; clicks: number };
  plays: number;
  dismissals: number;
  /** Summed over pages: expected clicks of the best possible page less those of the page shown. */
  regret: number;
  best: number;
  events: number;
  /** Pages with a step that fell back. */
  degraded: number;
}

export interface VisitPlan {
  store: Store;
  games: readonly Game[];
  gameOf: ReadonlyMap<string, Game>;
  seed: number;
  round: number;
  visits: number;
  /** Epoch milliseconds of the last visit. */
  now: number;
}

export interface RoundPlan extends Omit<VisitPlan, 'gameOf'> {
  players: number;
  onProgress(share: number): void;
}

/** Returns tallies by policy, with the same players in the same order. Throws if the store responds with an error. */
export async function runRound(plan: RoundPlan): Promise<Record<Policy, Tally[]>> {
  const drawn = drawPlayers(plan);
  const gameOf = new Map(plan.games.map((game) => [game.item.itemId, game]));
  const work = drawn.flatMap((player, index) => POLICIES.map((policy) => ({ player, policy, index })));
  const tallies = Object.fromEntries(POLICIES.map((policy) => [policy, [] as Tally[]])) as Record<Policy, Tally[]>;
  let done = 0;
  await forEachAtOnce(work, async ({ player, policy, index }) => {
    const userId = `simulated-${plan.round}-${policy}-${player.userId.slice('player-'.length)}`;
    tallies[policy][index] = await simulatePlayer({ ...plan, player, userId, policy, gameOf });
    plan.onProgress(++done / work.length);
  });
  return tallies;
}

/** New players: those that the store knows already come from the world's own seed. */
export const drawPlayers = ({ seed, round, players }: Pick<RoundPlan, 'seed' | 'round' | 'players'>): Player[] =>
  makePlayers(1_000 * seed + round).slice(0, players);

/** Runs the work of several at once. */
export async function forEachAtOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  const workNext = async () => {
    while (next < all.length) await work(all[next++]!);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, workNext));
}

export interface PlayerPlan extends VisitPlan {
  player: Player;
  /** In the store. */
  userId: string;
  /** Undefined: as the store decides. */
  policy?: Policy | undefined;
  onGallery?(gallery: Gallery): void;
}

/** All visits of one player. */
export async function simulatePlayer(plan: PlayerPlan): Promise<Tally> {
  const { player, seed, round, visits, now } = plan;
  const tally: Tally = {
    visits,
    pages: 0,
    impressions: 0,
    clicks: 0,
    firstVisit: { impressions: 0, clicks: 0 },
    plays: 0,
    dismissals: 0,
    regret: 0,
    best: 0,
    events: 0,
    degraded: 0,
  };
  const clicked = new Map<string, { game: Game; preference: number }>();
  for (let number = 0; number < visits; number++) {
    const at = now - (visits - 1 - number) * DAYS_BETWEEN_VISITS * DAY_MS;
    const visit = new Visit(seed, { ...player, userId: `${round}/${player.userId}` }, number, clicked);
    const random = createRandom(seed, `${round}/${player.userId}/${number}/leaving`);
    await visitStore(plan, visit, random, at, tally);
    if (number === 0) tally.firstVisit = { impressions: tally.impressions, clicks: tally.clicks };
  }
  return tally;
}

async function visitStore(plan: PlayerPlan, visit: Visit, random: Random, at: number, tally: Tally): Promise<void> {
  const { store, player, userId, policy, gameOf } = plan;
  let clock = at;
  const tick = () => {
    clock += SECOND_MS;
    return clock;
  };
  for (let page = 0; page < PAGES_MAX; page++) {
    const gallery = await store.readGallery(userId, policy, player);
    plan.onGallery?.(gallery);
    // Players who want something new skip the rows of games that they own.
    const rows = gallery.rows.filter(({ id }) => !showsOwnGames(id));
    measureRegret(visit, rows, plan, tally);
    const { impressions, reaction } = visit.scanPage(rows, (itemId) => gameOf.get(itemId));
    const events = makeEvents(userId, gallery, impressions, reaction, tick);
    await store.sendEvents(events);
    tally.pages++;
    tally.impressions += impressions.length;
    tally.events += events.length;
    tally.degraded += Number(gallery.degraded.length > 0);
    if (reaction === undefined) return;
    tally.clicks++;
    tally.plays += Number(reaction.played !== null);
    tally.dismissals += Number(reaction.dismissed);
    if (!random.chance(reaction.played === null ? CONTINUE_AFTER_CLICK : CONTINUE_AFTER_PLAY)) return;
  }
}

function measureRegret(
  visit: Visit,
  rows: Gallery['rows'],
  { games, player, gameOf, now }: PlayerPlan,
  tally: Tally,
): void {
  const scanChances: number[] = [];
  let shown = 0;
  for (let row = 0; row < ROWS_SEEN; row++)
    for (let column = 0; column < COLUMNS_SEEN; column++) {
      const seen = NEXT_ROW ** row * NEXT_COLUMN ** column;
      scanChances.push(seen);
      const game = gameOf.get(rows[row]?.items[column]?.itemId ?? '');
      if (game !== undefined) shown += seen * visit.clickChance(game);
    }
  const chances = games
    .filter(({ item, releasedAt }) => releasedAt <= now && item.platforms.includes(player.platform))
    .map((game) => visit.clickChance(game))
    .sort((a, b) => b - a);
  scanChances.sort((a, b) => b - a);
  const best = scanChances.reduce((sum, seen, rank) => sum + seen * (chances[rank] ?? 0), 0);
  tally.best += best;
  tally.regret += best - shown;
}

function makeEvents(
  userId: string,
  { recommendationId, rows }: Gallery,
  impressions: readonly { itemId: string }[],
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
  const events = impressions.map(({ itemId }) => event('impression', itemId));
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
