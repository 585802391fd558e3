import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import {
  EVENT_TYPES,
  type EventType,
  KEPT_BY_RESET,
  type PlayerEvent,
  RETRACTIONS,
} from '../../models/contracts/event.ts';
import { ACT_TYPES, FACT_TYPES, VOTE_TYPES } from '../../models/contracts/statistics.ts';
import { createSeededRng, shuffle } from '../../models/features/rng.ts';
import { DISLIKE_VOTE, LIKE_VOTE, weighEvent } from '../../models/features/weights.ts';
import { makeEvent } from '../../tests/event.ts';
import { claimFinished } from '../../tests/merge.ts';
import { insertEvents } from './events.ts';
import { readPlayerCounts } from './item-totals.ts';
import { deletePlayerCounts } from './player-counts.ts';
import { GAMES_PER_DAY_DEFAULT, OPEN_DAYS, readCountedSequence, rollUpLog } from './roll-up.ts';
import { readGamesPerDay } from './settings.ts';
import { moveMergedLogs } from './users.ts';

const TODAY = 20_500;
const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;

let nextId = 0;
type More = Partial<PlayerEvent>;
/** Some time after noon, `daysAgo` days ago. */
const at = (userId: string, type: EventType, itemId: string, daysAgo: number, more: More = {}): PlayerEvent => {
  const id = nextId++;
  return makeEvent(userId, type, itemId, (TODAY - daysAgo) * DAY_MS + NOON_MS + id, { id: `e${id}`, ...more });
};
const reset = (userId: string, daysAgo: number): PlayerEvent => at(userId, 'reset', '', daysAgo, { itemId: null });

interface Count {
  day: number;
  itemId: string;
  type: EventType;
  country: string;
  players: number;
  weight: number;
}
const readCounts = async (): Promise<Count[]> =>
  (
    await env.DB.prepare(
      'select day, item_id as itemId, type, country, players, weight from daily_counts where players <> 0',
    ).all<Count>()
  ).results;
const describe = (counts: readonly Count[]) =>
  counts
    .map(({ day, itemId, type, country, players, weight }) =>
      `${players} ${type} ${itemId} ${TODAY - day}d ${country} ${(weight + 1e-12).toFixed(6)}`.replace('-0.0', '0.0'),
    )
    .sort();
const readRatings = async () =>
  (
    await env.DB.prepare('select item_id as itemId, votes, sum from item_ratings where votes <> 0').all<{
      itemId: string;
      votes: number;
      sum: number;
    }>()
  ).results
    .map(({ itemId, votes, sum }) => `${itemId} ${votes} ${sum.toFixed(6)}`)
    .sort();

const log = async (events: readonly PlayerEvent[]) => {
  await insertEvents(env.DB, events);
  return rollUpLog(env.DB);
};

const TABLES = [
  ...['events', 'users', 'merges', 'roll_up', 'player_days', 'player_facts', 'player_resets'],
  ...['daily_counts', 'day_totals', 'item_ratings', 'item_totals', 'count_changes'],
];
beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`delete from ${table}`)));
});

/** The counts of a log, from their definition. */
function countLog(events: readonly PlayerEvent[], gamesPerDay = Number.POSITIVE_INFINITY) {
  const acts: readonly string[] = ACT_TYPES;
  const facts: readonly string[] = FACT_TYPES;
  const votes: readonly string[] = VOTE_TYPES;
  const last = (test: (event: PlayerEvent) => boolean) => Math.max(-1, ...events.filter(test).map((e) => e.timestamp));
  const live = events.filter(({ userId, itemId, type, timestamp }) => {
    const resetAt = last((e) => e.type === 'reset' && e.userId === userId);
    if (timestamp <= resetAt && !KEPT_BY_RESET.includes(type)) return false;
    return timestamp > last((e) => e.userId === userId && e.itemId === itemId && RETRACTIONS[e.type] === type);
  });
  const newest = (own: readonly PlayerEvent[]) => own.reduce((a, b) => (b.timestamp > a.timestamp ? b : a));
  const day = ({ timestamp }: PlayerEvent) => Math.floor(timestamp / DAY_MS);
  const counted = [
    ...Map.groupBy(
      live.filter(({ type }) => acts.includes(type)),
      (e) => `${e.userId} ${e.itemId} ${e.type} ${day(e)}`,
    ).values(),
  ].map((own) => ({
    ...newest(own),
    value: own.reduce((sum, { type, value }) => sum + (type === 'play' ? (value ?? 0) : 0), 0),
  }));
  const standing = [
    ...Map.groupBy(
      live.filter(({ type }) => facts.includes(type)),
      (e) => `${e.userId} ${e.itemId} ${votes.includes(e.type) ? 'vote' : e.type}`,
    ).values(),
  ].map(newest);
  const limit = (own: readonly PlayerEvent[]) =>
    [...Map.groupBy(own, (e) => `${e.userId} ${e.type} ${day(e)}`).values()].flatMap((games) =>
      games.toSorted((a, b) => a.timestamp - b.timestamp).slice(0, gamesPerDay),
    );
  const held = limit(standing);
  const counts = [
    ...Map.groupBy([...limit(counted), ...held], (e) => `${day(e)} ${e.itemId} ${e.type} ${e.country}`).values(),
  ];
  const ratings = Map.groupBy(
    held.filter(({ type }) => votes.includes(type)),
    ({ itemId }) => itemId,
  );
  const toVote = ({ type, value }: PlayerEvent) =>
    type === 'rate' ? value! : type === 'like' ? LIKE_VOTE : DISLIKE_VOTE;
  return {
    counts: describe(
      counts.map((own) => ({
        ...{ day: day(own[0]!), itemId: own[0]!.itemId!, type: own[0]!.type, country: own[0]!.country ?? '' },
        players: own.length,
        weight: own.reduce((sum, one) => sum + weighEvent(one), 0),
      })),
    ),
    ratings: [...ratings]
      .map(([itemId, own]) => `${itemId} ${own.length} ${own.reduce((sum, e) => sum + toVote(e), 0).toFixed(6)}`)
      .sort(),
  };
}

function makeLog(length: number, seed: number): PlayerEvent[] {
  const random = createSeededRng(seed);
  const draw = (max: number) => Math.floor(max * random());
  return Array.from({ length }, (_, index) => {
    const type = random() < 0.02 ? 'reset' : EVENT_TYPES[draw(EVENT_TYPES.length - 1)]!;
    return makeEvent(`u${draw(6)}`, type, `g${draw(5)}`, (TODAY - draw(20)) * DAY_MS + index, {
      id: `e${index}`,
      itemId: type === 'reset' || type === 'search' ? null : `g${draw(5)}`,
      value: type === 'rate' ? 0.5 + draw(10) / 2 : type === 'play' && random() < 0.8 ? draw(900) : null,
      country: random() < 0.2 ? null : random() < 0.5 ? 'CH' : 'FR',
    });
  });
}

it('counts one player’s 3,000 clicks on a game once a day', async () => {
  const clicks = (userId: string, count: number, itemId: string, daysAgo: number) =>
    Array.from({ length: count }, () => at(userId, 'click', itemId, daysAgo));
  await log([
    ...clicks('ann', 1_500, 'pushed', 0),
    ...clicks('bob', 1, 'liked by two', 0),
    ...clicks('cid', 1, 'liked by two', 0),
  ]);
  await log([...clicks('ann', 1_500, 'pushed', 0), ...clicks('ann', 3, 'pushed', 1)]);
  expect(describe(await readCounts())).toEqual([
    '1 click pushed 0d  0.300000',
    '1 click pushed 1d  0.300000',
    '2 click liked by two 0d  0.600000',
  ]);
  const { world } = await readPlayerCounts([env.LOG_0], TODAY);
  const popularity = new Map(world.map((one) => [one.itemId, one.popularity]));
  expect(popularity.get('pushed')!).toBeLessThan(popularity.get('liked by two')!);
});

it('counts one player’s 500 likes as one like, and votes by their last state', async () => {
  await log([
    ...Array.from({ length: 500 }, (_, index) => at('ann', 'like', 'pushed', index % 3)),
    // A vote is a player: the last of several, and the one before it once the last is taken back.
    at('ann', 'rate', 'voted', 3, { value: 2 }),
    at('ann', 'like', 'voted', 2),
    at('bob', 'like', 'voted', 3),
    at('bob', 'dislike', 'voted', 2),
    at('cid', 'rate', 'voted', 3, { value: 1 }),
    at('cid', 'rate', 'voted', 1, { value: 5 }),
  ]);
  expect(await readRatings()).toEqual(['pushed 1 4.500000', `voted 3 ${(4.5 + 1.5 + 5).toFixed(6)}`]);
  expect(describe(await readCounts())).toContain('1 like pushed 0d  1.000000');
  await log([at('ann', 'unlike', 'voted', 0), at('ann', 'unlike', 'pushed', 0)]);
  expect(await readRatings()).toEqual([`voted 3 ${(2 + 1.5 + 5).toFixed(6)}`]);
  expect((await readCounts()).some(({ itemId }) => itemId === 'pushed')).toBe(false);
});

it('weighs sixty heartbeats of a minute as one session of an hour, in one run or in sixty', async () => {
  const beats = (userId: string) => Array.from({ length: 60 }, () => at(userId, 'play', 'beaten', 0, { value: 1 }));
  await log([...beats('ann'), at('ann', 'play', 'played', 0, { value: 60 })]);
  for (const beat of beats('bob')) await log([beat]);
  await log([at('bob', 'play', 'played', 0, { value: 60 })]);
  const [beaten, played] = (await readCounts()).sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
  expect([beaten!.players, played!.players]).toEqual([2, 2]);
  expect(beaten!.weight).toBeCloseTo(2 * weighEvent({ type: 'play', value: 60 }), 9);
  expect(played!.weight).toBeCloseTo(beaten!.weight, 9);
});

it('takes refunds, withdrawn wishes and resets out of the counts, whatever was logged first', async () => {
  const events = [
    at('ann', 'purchase', 'given back', 9),
    at('ann', 'wishlist', 'wished no more', 9),
    at('ann', 'purchase', 'kept', 9),
    at('ann', 'play', 'kept', 9, { value: 10 }),
    at('ann', 'rate', 'kept', 9, { value: 5 }),
    at('bob', 'play', 'kept', 9, { value: 10 }),
    at('ann', 'unwishlist', 'wished no more', 8),
    at('ann', 'refund', 'given back', 8),
    reset('ann', 7),
    at('ann', 'click', 'kept', 6),
  ];
  const kept = ['1 click kept 6d', '1 play kept 9d', '1 purchase kept 9d'];
  const shorten = (lines: string[]) => lines.map((line) => line.split('  ')[0]);
  for (const delivered of [events, events.toReversed()]) {
    for (const event of delivered) await log([event]);
    expect(shorten(describe(await readCounts()))).toEqual(kept);
    expect(await readRatings()).toEqual([]);
    await env.DB.batch(TABLES.map((table) => env.DB.prepare(`delete from ${table}`)));
  }
});

it('counts any log as it is defined, in any order, in pages of any size, in runs of any length', async () => {
  const events = makeLog(700, 3);
  const expected = countLog(events);
  expect(expected.counts.length).toBeGreaterThan(50);
  const random = createSeededRng(4);
  // Within a day, a reset after a play in an earlier page cannot tell its minutes apart: in order, or in one page.
  const deliveries: [PlayerEvent[], number, number][] = [
    [events.toSorted((a, b) => a.timestamp - b.timestamp), 40, 7],
    [shuffle([...events], random), 700, 10_000],
  ];
  for (const [delivered, perRun, pageEvents] of deliveries) {
    for (let from = 0; from < delivered.length; from += perRun) {
      await insertEvents(env.DB, delivered.slice(from, from + perRun));
      while (!(await rollUpLog(env.DB, { pageEvents })).isComplete);
    }
    expect(describe(await readCounts())).toEqual(expected.counts);
    expect(await readRatings()).toEqual(expected.ratings);
    await env.DB.batch(TABLES.map((table) => env.DB.prepare(`delete from ${table}`)));
  }
});

it('counts the first games of a player, kind and day, in any order, in pages of any size, at any limit', async () => {
  // Of five games, most players do something with four on a day.
  const events = makeLog(1_500, 13);
  const expected = countLog(events, 2);
  expect(expected.counts.length).toBeGreaterThan(50);
  expect(expected).not.toEqual(countLog(events));
  const random = createSeededRng(14);
  const deliveries: [PlayerEvent[], number, number][] = [
    [events.toSorted((a, b) => a.timestamp - b.timestamp), 90, 37],
    [shuffle([...events], random), 1_500, 10_000],
  ];
  for (const [delivered, perRun, pageEvents] of deliveries) {
    for (let from = 0; from < delivered.length; from += perRun) {
      await insertEvents(env.DB, delivered.slice(from, from + perRun));
      while (!(await rollUpLog(env.DB, { pageEvents, gamesPerDay: 2 })).isComplete);
    }
    expect(describe(await readCounts())).toEqual(expected.counts);
    expect(await readRatings()).toEqual(expected.ratings);
    // A change of the setting counts anew.
    for (const gamesPerDay of [1, 3, 100, 2]) {
      await rollUpLog(env.DB, { gamesPerDay });
      expect(describe(await readCounts()), String(gamesPerDay)).toEqual(countLog(events, gamesPerDay).counts);
      expect(await readRatings(), String(gamesPerDay)).toEqual(countLog(events, gamesPerDay).ratings);
    }
    await env.DB.batch(deletePlayerCounts(env.DB, 'u1', Number.MAX_SAFE_INTEGER));
    const others = countLog(
      events.filter(({ userId }) => userId !== 'u1'),
      2,
    );
    expect(describe(await readCounts())).toEqual(others.counts);
    expect(await readRatings()).toEqual(others.ratings);
    await env.DB.batch(TABLES.map((table) => env.DB.prepare(`delete from ${table}`)));
  }
});

it('counts a purchase of a closed day anew once an earlier one of that day is given back', async () => {
  const old = OPEN_DAYS + 5;
  const bought = ['a', 'b', 'c'].map((itemId) => at('ann', 'purchase', itemId, old));
  await insertEvents(env.DB, [...bought, at('bob', 'click', 'a', 0)]);
  await rollUpLog(env.DB, { gamesPerDay: 2 });
  const purchases = async () =>
    (await readCounts())
      .filter(({ type }) => type === 'purchase')
      .map(({ itemId }) => itemId)
      .sort();
  expect(await purchases()).toEqual(['a', 'b']);
  await log([at('ann', 'refund', 'a', 0)]);
  expect(await purchases()).toEqual(['b', 'c']);
  // A late one comes before both.
  await log([{ ...at('ann', 'purchase', 'late', old), timestamp: bought[0]!.timestamp - 1 }]);
  expect(await purchases()).toEqual(['b', 'late']);
});

it('the default in the code is that of the settings', () => {
  expect(readGamesPerDay(env.COUNTED_GAMES_PER_DAY)).toBe(GAMES_PER_DAY_DEFAULT);
  for (const text of ['0', '', 'many']) expect(() => readGamesPerDay(text)).toThrow(/COUNTED_GAMES_PER_DAY/);
});

it('counts nothing twice if a run dies before or after any of its writes, or if two run at once', async () => {
  const events = makeLog(300, 5).toSorted((a, b) => a.timestamp - b.timestamp);
  await insertEvents(env.DB, events);
  for (let attempt = 0, calls = 0; attempt < 40; attempt++, calls = 0) {
    const dying = new Proxy(env.DB, {
      get: (db, name) =>
        name === 'batch'
          ? async (statements: D1PreparedStatement[]) => {
              if (calls++ === 1 && attempt % 2 === 0) throw new Error('died before');
              const written = await db.batch(statements);
              if (calls === 2) throw new Error('died after');
              return written;
            }
          : Reflect.get(db, name).bind(db),
    });
    const run = rollUpLog(dying, { pageEvents: 20 }).catch((error: Error) => error.message);
    await Promise.all([run, ...(attempt % 5 === 0 ? [rollUpLog(dying, { pageEvents: 20 }).catch(() => {})] : [])]);
  }
  expect(await readCountedSequence(env.DB)).toBe(
    await env.DB.prepare('select max(sequence) as n from events').first<number>('n'),
  );
  expect(describe(await readCounts())).toEqual(countLog(events).counts);
});

it('adds a late event to its own day while the day is open; a closed day changes by facts alone', async () => {
  await log([at('ann', 'click', 'a', OPEN_DAYS + 5), at('bob', 'click', 'a', 3), at('bob', 'click', 'a', 0)]);
  await log([at('bob', 'click', 'a', 3), at('cid', 'click', 'a', 3)]);
  const before = describe(await readCounts());
  expect(before).toEqual(['1 click a 0d  0.300000', `1 click a ${OPEN_DAYS + 5}d  0.300000`, '2 click a 3d  0.600000']);
  // Perhaps counted already: nobody remembers.
  await log([at('ann', 'click', 'a', OPEN_DAYS + 5), at('dan', 'play', 'a', OPEN_DAYS + 5)]);
  expect(describe(await readCounts())).toEqual(before);
  await log([at('ann', 'purchase', 'a', OPEN_DAYS + 5)]);
  expect(describe(await readCounts())).toContain(`1 purchase a ${OPEN_DAYS + 5}d  1.000000`);
  await log([at('ann', 'refund', 'a', OPEN_DAYS + 4)]);
  expect(describe(await readCounts())).toEqual(before);
});

it('counts a guest and the player that they became once, and forgets both with one reset', async () => {
  const events = [
    at('guest', 'click', 'a', 1, { country: 'CH' }),
    at('ann', 'click', 'a', 1, { country: 'FR' }),
    at('guest', 'play', 'a', 1, { value: 30 }),
    at('ann', 'play', 'a', 1, { value: 30 }),
    at('ann', 'like', 'a', 3),
    at('guest', 'like', 'a', 2),
    at('bob', 'like', 'a', 2),
    at('guest', 'rate', 'b', 2, { value: 4 }),
  ];
  await log(events);
  // Not counted yet when the guest is merged.
  const late = at('guest', 'click', 'a', 1);
  await insertEvents(env.DB, [late]);
  await claimFinished(env.DB, 'guest', 'ann', 1);
  await moveMergedLogs(env.DB, [env.LOG_0], ['guest']);
  await moveMergedLogs(env.DB, [env.LOG_0], ['guest']);
  await rollUpLog(env.DB);
  const merged = [...events, late].map((event) => ({
    ...event,
    userId: event.userId === 'guest' ? 'ann' : event.userId,
  }));
  expect(describe(await readCounts())).toEqual(countLog(merged).counts);
  expect(await readRatings()).toEqual(countLog(merged).ratings);
  await log([reset('ann', 0)]);
  expect(await readRatings()).toEqual(['a 1 4.500000']);
});

it('counts on after a row that no client could have sent', async () => {
  await log([at('ann', 'rate', 'a', 0), at('ann', 'play', 'b', 0, { value: -5 }), at('bob', 'click', 'c', 0)]);
  expect(describe(await readCounts())).toEqual([
    '1 click c 0d  0.300000',
    '1 play b 0d  0.600000',
    '1 rate a 0d  0.000000',
  ]);
});

it('takes an erased player out of the counts', async () => {
  const events = makeLog(200, 8);
  await log(events.toSorted((a, b) => a.timestamp - b.timestamp));
  await env.DB.batch(deletePlayerCounts(env.DB, 'u1', Number.MAX_SAFE_INTEGER));
  const others = countLog(events.filter(({ userId }) => userId !== 'u1'));
  expect(describe(await readCounts())).toEqual(others.counts);
  expect(await readRatings()).toEqual(others.ratings);
  for (const table of ['player_days', 'player_facts', 'player_resets'])
    expect(await env.DB.prepare(`select count(*) as n from ${table} where user_id = 'u1'`).first('n')).toBe(0);
});
