import { beforeAll, expect, test } from 'vitest';
import { PlayerEvent } from '../../models/contracts/event.ts';
import { Item, ItemWithIdInput } from '../../models/contracts/item.ts';
import { isInteraction } from '../../models/features/weights.ts';
import { WORLD_NOW } from '../../tests/world-date.ts';
import { type Game, makeCatalogue, makeGames } from './catalogue.ts';
import { makeEvents } from './events.ts';
import { GENRES } from './genres.ts';
import { makePlayers } from './players.ts';
import { makeWorld } from './world.ts';

const SEED = 7;
const NOW = WORLD_NOW;
const DAY_MS = 86_400_000;

let games: Game[];
let events: PlayerEvent[];
beforeAll(() => {
  games = makeGames(SEED, NOW);
  events = makeEvents(SEED, NOW, games, makePlayers(SEED));
});

test('the catalogue is varied and every item follows the contract', () => {
  const items = makeCatalogue(SEED, NOW);
  expect(items).toHaveLength(2000);
  for (const item of items) {
    expect(Item.parse(item)).toEqual(item);
    expect(ItemWithIdInput.safeParse(item).success).toBe(true);
    expect(item.itemId).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(item.coverUrl).toMatch(/^\/covers\/[A-Za-z]+\/[0-9]{1,5}\.svg$/);
  }
  expect(new Set(items.map((item) => item.itemId)).size).toBe(2000);
  expect(new Set(items.map((item) => item.title)).size).toBe(2000);
  for (const { name } of GENRES)
    expect(items.filter((item) => item.genres[0] === name).length, name).toBeGreaterThan(40);

  const releasedWithin = (days: number) => {
    const since = new Date(NOW - days * DAY_MS).toISOString().slice(0, 10);
    return items.filter((item) => item.releaseDate! >= since).length;
  };
  expect(releasedWithin(90)).toBeGreaterThan(40);
  expect(releasedWithin(7)).toBeGreaterThan(2);
  expect(releasedWithin(7)).toBeLessThan(40);
  expect(items.every((item) => item.releaseDate! <= new Date(NOW).toISOString().slice(0, 10))).toBe(true);
});

test('the same seed and moment give the same world, and another seed gives another', () => {
  expect(makeCatalogue(SEED, NOW)).toEqual(games.map((game) => game.item));
  const players = makePlayers(SEED).slice(0, 200);
  expect(makeEvents(SEED, NOW, games, players)).toEqual(makeEvents(SEED, NOW, games, players));
  expect(makeCatalogue(SEED + 1, NOW)[0]).not.toEqual(games[0]!.item);
  expect(makePlayers(SEED + 1)[0]).not.toEqual(players[0]);
});

test('events follow the contract, are in time order, and none is before its game’s release or after now', () => {
  expect(events.length).toBeGreaterThan(100_000);
  expect(events.length).toBeLessThan(200_000);
  const releasedAt = new Map(games.map((game) => [game.item.itemId, game.releasedAt]));
  const types = new Map<string, number>();
  let before = NOW - 91 * DAY_MS;
  for (const event of events) {
    types.set(event.type, (types.get(event.type) ?? 0) + 1);
    if (event.timestamp < before || event.timestamp > NOW) throw new Error(`${event.id} is out of order`);
    before = event.timestamp;
    if (event.itemId !== null && !(event.timestamp >= releasedAt.get(event.itemId)!))
      throw new Error(`${event.id} is before its game`);
    if (event.type === 'rate' && !(event.value! >= 0.5 && event.value! <= 5)) throw new Error(`${event.id}: rating`);
  }
  for (const event of events.filter((_, index) => index % 7 === 0)) expect(PlayerEvent.parse(event)).toEqual(event);
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  expect([...types.keys()].sort()).toEqual([
    'click',
    'dislike',
    'dismiss',
    'impression',
    'like',
    'play',
    'purchase',
    'rate',
    'search',
    'view',
    'wishlist',
  ]);
  expect(types.get('impression')! / events.length).toBeLessThan(0.35);
});

test('few games get most of the plays, better ones get better ratings, and some rise in the last three days', () => {
  const recentPlays = new Map<string, number>();
  const earlierPlays = new Map<string, number>();
  const ratings = new Map<string, number[]>();
  for (const { type, itemId, value, timestamp } of events) {
    const plays = timestamp > NOW - 3 * DAY_MS ? recentPlays : earlierPlays;
    if (type === 'play') plays.set(itemId!, (plays.get(itemId!) ?? 0) + 1);
    if (type === 'rate') ratings.set(itemId!, [...(ratings.get(itemId!) ?? []), value!]);
  }
  const counts = games.map(({ item }) => earlierPlays.get(item.itemId) ?? 0).sort((a, b) => b - a);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(counts.slice(0, 200)) / sum(counts)).toBeGreaterThan(0.4);

  const meanRating = (subset: readonly Game[]) => {
    const all = subset.flatMap(({ item }) => ratings.get(item.itemId) ?? []);
    return sum(all) / all.length;
  };
  expect(meanRating(games.filter((game) => game.quality > 0.7))).toBeGreaterThan(
    meanRating(games.filter((game) => game.quality < 0.3)) + 1,
  );

  const playsOf = (plays: ReadonlyMap<string, number>, subset: readonly Game[]) =>
    sum(subset.map(({ item }) => plays.get(item.itemId) ?? 0));
  const rising = games.filter((game) => game.surge > 1);
  expect(rising.length).toBeGreaterThan(5);
  const dailyBefore = playsOf(earlierPlays, rising) / 87;
  expect(playsOf(recentPlays, rising) / 3).toBeGreaterThan(5 * dailyBefore);
});

test('a player’s history predicts the last interaction far better than popularity does', () => {
  const sequences = new Map<string, string[]>();
  for (const event of events.filter(isInteraction)) {
    const sequence = sequences.get(event.userId) ?? [];
    if (!sequence.includes(event.itemId!)) sequence.push(event.itemId!);
    sequences.set(event.userId, sequence);
  }
  const cases = [...sequences.values()].filter((sequence) => sequence.length >= 3);
  const popularity = new Map<string, number>();
  const together = new Map<string, Map<string, number>>();
  for (const sequence of cases)
    for (const a of sequence.slice(0, -1)) {
      popularity.set(a, (popularity.get(a) ?? 0) + 1);
      const row = together.get(a) ?? new Map<string, number>();
      together.set(a, row);
      for (const b of sequence.slice(0, -1)) row.set(b, (row.get(b) ?? 0) + 1);
    }
  // Cosine neighbours: the simplest of item-to-item models.
  const byNeighbours = (history: readonly string[]) => {
    const scores = new Map<string, number>();
    for (const a of history)
      for (const [b, count] of together.get(a)!)
        scores.set(b, (scores.get(b) ?? 0) + count / Math.sqrt(popularity.get(a)! * popularity.get(b)!));
    return scores;
  };
  const ndcg = (score: (history: readonly string[]) => ReadonlyMap<string, number>) => {
    let total = 0;
    for (const sequence of cases) {
      const history = sequence.slice(0, -1);
      const scores = score(history);
      const target = scores.get(sequence.at(-1)!) ?? 0;
      if (target === 0) continue;
      let rank = 0;
      for (const [itemId, other] of scores) if (other > target && !history.includes(itemId)) rank++;
      if (rank < 10) total += 1 / Math.log2(rank + 2);
    }
    return total / cases.length;
  };
  expect(ndcg(byNeighbours)).toBeGreaterThan(3 * ndcg(() => popularity));
});

test('a world that is moved in time is the same world', () => {
  const moved = makeWorld(SEED, { madeAt: NOW, now: NOW + 40 * DAY_MS });
  const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id);
  expect(ids(moved.events)).toEqual(ids(events));
  expect(moved.games.map(({ item }) => item.title)).toEqual(games.map(({ item }) => item.title));
  expect(moved.events.at(-1)!.timestamp - events.at(-1)!.timestamp).toBe(40 * DAY_MS);
  const { releasedAt, item } = moved.games[0]!;
  expect(releasedAt).toBe(games[0]!.releasedAt + 40 * DAY_MS);
  expect(item.releaseDate).toBe(new Date(releasedAt).toISOString().slice(0, 10));
});
