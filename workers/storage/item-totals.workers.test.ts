import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { EventType, PlayerEvent } from '../../models/contracts/event.ts';
import { EVIDENCE_PLAYERS_MIN } from '../../models/features/popularity-and-trends.ts';
import { computeStatistics } from '../../models/features/statistics.ts';
import { makeEvent } from '../../tests/event.ts';
import { insertEvents } from './events.ts';
import { readPlayerCounts } from './item-totals.ts';
import { rollUpLog } from './roll-up.ts';

const TODAY = 20_500;
const DAY_MS = 86_400_000;

let nextId = 0;
/** One event each of `players` players, `daysAgo` days ago. */
const by = (players: number, type: EventType, itemId: string, daysAgo: number, more: Partial<PlayerEvent> = {}) =>
  Array.from({ length: players }, (_, player) =>
    makeEvent(`u${player}`, type, itemId, (TODAY - daysAgo) * DAY_MS, { id: `e${nextId++}`, ...more }),
  );
const count = async (...events: PlayerEvent[][]) => {
  await insertEvents(env.DB, events.flat());
  await rollUpLog(env.DB);
};
const readStatistics = async (today = TODAY) =>
  computeStatistics(await readPlayerCounts([env.LOG_0], today), '2026-01-01T00:00:00Z');
const read = async (today?: number) => {
  const { popular } = await readStatistics(today);
  return popular.map(([itemId, score]) => [itemId, Number(score.toFixed(6))]);
};

const TABLES = [
  ...['events', 'users', 'roll_up', 'player_days', 'player_facts', 'player_resets'],
  ...['daily_counts', 'day_totals', 'item_ratings', 'item_totals'],
];
beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`delete from ${table}`)));
});

it('halves a player’s weight in popularity every 14 days', async () => {
  await count(by(10, 'purchase', 'fresh', 0), by(10, 'purchase', 'old', 14), by(10, 'purchase', 'older', 28));
  const halved = [
    ['fresh', 10],
    ['old', 5],
    ['older', 2.5],
  ];
  expect(await read()).toEqual(halved);
  // Read again, from sums of the past, and with a late event too small to sum the past again.
  expect(await read()).toEqual(halved);
  await count(by(1, 'click', 'old', 14), by(400, 'click', 'fresh', 0));
  expect(await read()).toEqual([['fresh', 130], ...halved.slice(1)]);
  await count(by(100, 'like', 'old', 14));
  expect((await read())[1]).toEqual(['old', 55.15]);
});

it('subtracts dismissals, and compares the newest three days with the 25 before', async () => {
  await count(by(9, 'click', 'liked', 0), by(4, 'dismiss', 'liked', 1), by(2, 'dismiss', 'disliked', 0));
  await count(by(30, 'purchase', 'rising', 2), by(2, 'like', 'rising', 3), by(100, 'purchase', 'sinking', 27));
  await count(by(50, 'purchase', 'over', 28));
  const { world } = await readPlayerCounts([env.LOG_0], TODAY);
  const totals = Object.fromEntries(world.map(({ itemId, recent, before }) => [itemId, [recent, before]]));
  expect(totals).toEqual({
    liked: [expect.closeTo(2.7, 9), 0],
    disliked: [0, 0],
    rising: [30, 2],
    sinking: [0, 100],
    over: [0, 0],
  });
  expect((await read()).map(([itemId]) => itemId)).not.toContain('disliked');
});

it('lists the countries with enough players, and counts unknown ones in the world', async () => {
  await count(
    by(150, 'purchase', 'yodel', 1, { country: 'CH' }),
    by(120, 'purchase', 'yodel', 20, { country: 'CH' }),
    by(40, 'purchase', 'boules', 1, { country: 'FR' }).map((event) => ({ ...event, userId: `fr-${event.userId}` })),
    by(7, 'purchase', 'chess', 20),
  );
  const { world, countries } = await readPlayerCounts([env.LOG_0], TODAY);
  // A player who bought it twice counts once, the last time.
  expect(countries).toEqual([{ country: 'CH', itemId: 'yodel', popularity: 150, recent: 150, before: 0 }]);
  expect(world.map(({ itemId }) => itemId).sort()).toEqual(['boules', 'chess', 'yodel']);
});

it('counts back from the newest days with evidence: dated imports have popularity and ratings', async () => {
  const years = 4_000;
  const rated = (players: number, itemId: string, daysAgo: number, value: number) =>
    by(players, 'rate', itemId, daysAgo, { value });
  await count(
    rated(300, 'a, rated by few', years + 3, 4.5),
    rated(800, 'z, rated by many', years, 4.5),
    rated(200, 'older', years + 60, 4.5),
    rated(200, 'oldest, and best', years + 900, 5),
  );
  const statistics = await readStatistics();
  expect(statistics.popular.map(([itemId]) => itemId)).toEqual(['z, rated by many', 'a, rated by few', 'older']);
  expect(statistics.popularUntil).toBe(new Date((TODAY - years) * DAY_MS).toISOString().slice(0, 10));
  expect(statistics.trending).toEqual([]);
  expect(statistics.bestRated[0]![0]).toBe('oldest, and best');

  // A few players of today do not outweigh them; enough do.
  await count(by(3, 'play', 'new', 0));
  expect((await read()).map(([itemId]) => itemId)).toEqual(['z, rated by many', 'a, rated by few', 'older', 'new']);
  await count(by(EVIDENCE_PLAYERS_MIN, 'play', 'new', 1));
  const later = await readStatistics();
  expect(later.popular.map(([itemId]) => itemId)).toEqual(['new']);
  expect(later.bestRated[0]![0]).toBe('oldest, and best');
});

it('moves the past on when a day ends', async () => {
  await count(by(8, 'purchase', 'a', 0));
  expect(await read(TODAY)).toEqual([['a', 8]]);
  const tomorrow = makeEvent('zoe', 'purchase', 'b', (TODAY + 14) * DAY_MS, { id: 'tomorrow' });
  await count([tomorrow]);
  expect(await read(TODAY + 14)).toEqual([
    ['a', 4],
    ['b', 1],
  ]);
  const { trending } = await readStatistics(TODAY + 14);
  expect(trending).toEqual([]);
});
