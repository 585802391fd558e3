// The jobs over a log in four databases: real D1 and R2.

import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { SNAPSHOT_POINTER_KEY, STATISTICS_PREFIX } from '../../models/contracts/layout.ts';
import { countEventsAfter } from '../../models/contracts/snapshot.ts';
import { EVIDENCE_PLAYERS_MIN } from '../../models/features/popularity-and-trends.ts';
import { makeEvent } from '../../tests/event.ts';
import { migrateLogShards } from '../../tests/migrate-log-shards.ts';
import { readRows } from '../../tests/parquet.ts';
import { eraseUsers } from '../personal-data/erase-users.ts';
import { exportUser } from '../personal-data/export-user.ts';
import { openErasureRun, openStores } from '../personal-data/stores.ts';
import { beginErasure } from '../storage/erasures.ts';
import { readEventCounts } from '../storage/event-counts.ts';
import { insertEvents } from '../storage/events.ts';
import { readPlayerCounts } from '../storage/item-totals.ts';
import { chooseShard, listLogShards } from '../storage/log-shards.ts';
import { moveCounts } from '../storage/move-counts.ts';
import { rollUpLog } from '../storage/roll-up.ts';
import { readSnapshotManifest } from '../storage/snapshots.ts';
import { findStatistics, readStatistics } from '../storage/statistics.ts';
import { exportSnapshot } from './export-snapshot.ts';
import { refreshStatistics } from './refresh-statistics.ts';
import { trimLog } from './trim-log.ts';

const FOUR = { ...env, LOG_1: env.TEST_LOG_1, LOG_2: env.TEST_LOG_2, LOG_3: env.TEST_LOG_3 };
const DATABASES = listLogShards(FOUR);
const DAY_MS = 86_400_000;
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;

beforeAll(migrateLogShards);

const TABLES = [
  ...['events', 'users', 'archived_marks', 'export_cursors', 'sqlite_sequence', 'roll_up', 'player_days'],
  ...['player_facts', 'player_resets', 'daily_counts', 'day_totals', 'item_ratings', 'item_totals'],
];
beforeEach(async () => {
  for (const database of DATABASES)
    await database.batch(TABLES.map((table) => database.prepare(`delete from ${table}`)));
  // The newest of two statistics of one moment depends on their digests, and so on the date.
  for (const prefix of ['log/', 'snapshots/', STATISTICS_PREFIX])
    await env.BUCKET.delete((await env.BUCKET.list({ prefix })).objects.map(({ key }) => key));
});

const insert = async (events: readonly PlayerEvent[]) => {
  for (const [shard, own] of Map.groupBy(events, ({ userId }) => chooseShard(userId, DATABASES.length)))
    await insertEvents(DATABASES[shard]!, own);
};
const play = (player: number, game: number, at: number) =>
  makeEvent(`player-${player}`, 'play', `g${game}`, at, { id: `${player}-${game}-${at}` });
/** The database with D1's limit for a value, which the local D1 does not have. */
const refuseLargeValues = (database: D1Database): D1Database =>
  replacePrepare(database, (sql) => {
    const statement = database.prepare(sql);
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => {
      if (values.some((value) => Buffer.byteLength(String(value)) > 2_000_000))
        throw new Error('string or blob too big');
      return bind(...values);
    };
    return statement;
  });
const replacePrepare = (database: D1Database, prepare: D1Database['prepare']): D1Database =>
  new Proxy(database, {
    get: (target, name) => (name === 'prepare' ? prepare : Reflect.get(target, name).bind(target)),
  });
const countRows = async () =>
  Promise.all(DATABASES.map((database) => database.prepare('select count(*) as n from events').first<number>('n')));
async function readExported(): Promise<string[]> {
  const keys: string[] = [];
  for (const file of (await readSnapshotManifest(env.BUCKET))!.events)
    for (const { user_id, id } of await readRows(env.BUCKET, file)) keys.push(`${user_id} ${id}`);
  return keys.toSorted();
}

it('exports and trims each database by its own sequences, and each event once', async () => {
  const old = Array.from({ length: 80 }, (_, n) => play(n, n % 5, NOW - 40 * DAY_MS));
  const recent = Array.from({ length: 80 }, (_, n) => play(n, n % 5, NOW - DAY_MS));
  await insert([...old, ...recent]);
  const rows = await countRows();
  expect(Math.min(...(rows as number[]))).toBeGreaterThan(10);
  expect(await exportSnapshot(FOUR, NOW)).toBe(160);
  const { events, lastSequences } = (await readSnapshotManifest(env.BUCKET))!;
  expect(lastSequences).toEqual(rows);
  expect(events.map(({ shard, day }) => `${day} ${shard}`)).toHaveLength(8);
  for (const { key, shard } of events) expect(key).toContain(`/${shard}-`);
  expect(countEventsAfter(events, [])).toBe(160);
  expect(countEventsAfter(events, lastSequences.slice(0, 3))).toBe(rows[3]);
  const all = [...old, ...recent].map(({ userId, id }) => `${userId} ${id}`).toSorted();
  expect(await readExported()).toEqual(all);
  // Not before they are counted.
  expect(await trimLog(FOUR, NOW)).toBe(0);
  expect(await refreshStatistics(FOUR, NOW)).toBe(160);
  expect(await trimLog(FOUR, NOW)).toBe(80);
  expect(((await countRows()) as number[]).reduce((sum, n) => sum + n, 0)).toBe(80);

  await insert([play(1, 9, NOW), play(2, 9, NOW)]);
  expect(await exportSnapshot(FOUR, NOW)).toBe(2);
  expect(await exportSnapshot(FOUR, NOW)).toBe(0);
  expect(await readExported()).toEqual([...all, `player-1 1-9-${NOW}`, `player-2 2-9-${NOW}`].toSorted());
});

it('continues a snapshot from when the log was in one database', async () => {
  await insertEvents(env.LOG_0, [play(1, 1, NOW), play(2, 1, NOW)]);
  expect(await exportSnapshot(env, NOW)).toBe(2);
  const { lastSequences, events, ...rest } = (await readSnapshotManifest(env.BUCKET))!;
  const earlier = events.map(({ shard: _, ...file }) => file);
  const stored = { ...rest, schema: 2, lastSequence: lastSequences[0], events: earlier };
  await env.BUCKET.put(SNAPSHOT_POINTER_KEY, JSON.stringify(stored));
  await insertEvents(env.LOG_0, [play(3, 1, NOW)]);
  await insertEvents(env.TEST_LOG_2, [play(4, 1, NOW)]);
  expect(await exportSnapshot(FOUR, NOW)).toBe(2);
  expect((await readSnapshotManifest(env.BUCKET))!.lastSequences).toEqual([3, 0, 1]);
  expect(await readExported()).toHaveLength(4);
});

it('computes the same statistics from four databases as from one', async () => {
  const today = NOW / DAY_MS - 0.5;
  const events = Array.from({ length: EVIDENCE_PLAYERS_MIN + 200 }, (_, n) => [
    play(n, n % 7, NOW - (n % 40) * DAY_MS),
    makeEvent(`player-${n}`, n % 3 === 0 ? 'dislike' : 'like', `g${n % 4}`, NOW - (n % 9) * DAY_MS, {
      country: n % 5 < 3 ? 'DE' : 'CH',
    }),
  ]).flat();
  const read = async (databases: readonly D1Database[]) => {
    for (const database of databases) await rollUpLog(database);
    const { world, countries, ratings, anchorDay } = await readPlayerCounts(databases, today);
    const list = (rows: readonly object[]) =>
      rows
        .map((row) =>
          JSON.stringify(
            Object.entries(row).map(([name, value]) => [
              name,
              typeof value === 'number' ? Number(value.toFixed(6)) : value,
            ]),
          ),
        )
        .toSorted();
    return { world: list(world), countries: list(countries), ratings: list(ratings), anchorDay };
  };
  await insertEvents(env.LOG_0, events);
  const one = await read([env.LOG_0]);
  // All databases together have enough players; no single one has.
  expect(one.anchorDay).toBe(today);
  expect(one.countries.length).toBeGreaterThan(4);
  for (const table of TABLES) await env.LOG_0.prepare(`delete from ${table}`).run();
  await insert(events);
  expect(await read(DATABASES)).toEqual(one);
});

it('counts a player who moved to another database as if the log had always had only one', async () => {
  const votes = async (databases: readonly D1Database[]) => {
    const { world, ratings } = await readPlayerCounts(databases, NOW / DAY_MS - 0.5);
    const list = (rows: readonly { itemId: string }[], field: string) =>
      rows
        .map((row) => `${row.itemId} ${(row as unknown as Record<string, number>)[field]!.toFixed(6)}`)
        .filter((row) => !row.endsWith(' 0.000000'))
        .toSorted();
    return { ratings: list(ratings, 'sum'), popularity: list(world, 'popularity') };
  };
  const players = Array.from({ length: 24 }, (_, n) => `player-${n}`);
  const act = (type: PlayerEvent['type'], item: string, at: number, more: Partial<PlayerEvent> = {}) =>
    players.map((userId) => makeEvent(userId, type, item, at, { id: `${type}-${item}-${at}`, ...more }));
  const before = [
    ...act('like', 'liked', NOW - 3_000),
    ...act('like', 'taken-back', NOW - 3_000),
    ...act('purchase', 'given-back', NOW - 3_000),
    ...act('play', 'played', NOW - 3_000, { value: 10 }),
    ...act('rate', 'rated', NOW - 2 * DAY_MS, { value: 5 }),
  ];
  const after = [
    ...act('unlike', 'taken-back', NOW - 2_000),
    ...act('refund', 'given-back', NOW - 2_000),
    ...act('play', 'played', NOW - 2_000, { value: 20 }),
    ...act('rate', 'rated', NOW - 2_000, { value: 1 }),
    ...players.slice(0, 6).map((userId) => makeEvent(userId, 'reset', '', NOW - 1_000, { id: 'reset', itemId: null })),
  ];
  // Accepted before the change, but late in the queue.
  const late = act('like', 'late', NOW - 2_500);
  await insertEvents(env.LOG_0, before);
  await refreshStatistics(env, NOW);
  await insertEvents(env.LOG_0, late);
  await insert(after);
  for (const database of DATABASES) await rollUpLog(database);
  // In portions, as for a large log.
  let runs = 1;
  while (!(await moveCounts(env.DB, DATABASES, { pageEvents: 10, movesMax: 1 }))) runs++;
  expect(runs).toBeGreaterThan(2);
  const four = await votes(DATABASES);
  for (const [shard, database] of DATABASES.entries()) {
    const { results } = await database.prepare('select distinct user_id as userId from player_facts').all();
    expect(results.every(({ userId }) => chooseShard(userId as string, 4) === shard)).toBe(true);
    expect(results.length).toBeGreaterThan(0);
  }
  // Nothing is left to move.
  await refreshStatistics(FOUR, NOW);
  expect(await votes(DATABASES)).toEqual(four);

  for (const database of DATABASES)
    await database.batch(TABLES.map((table) => database.prepare(`delete from ${table}`)));
  await insertEvents(env.LOG_0, [...before, ...late, ...after]);
  await refreshStatistics(env, NOW);
  expect(four).toEqual(await votes([env.LOG_0]));
  expect(four.ratings.map((row) => row.split(' ')[0])).toEqual(['late', 'liked', 'rated']);
});

it('moves only as many players as a run may, and trims nothing of the others; ids may be long', async () => {
  const old = NOW - 40 * DAY_MS;
  const ids = Array.from({ length: 9_000 }, (_, n) => `${n}`.padEnd(128, '漢'));
  const like = (userId: string, item: string) => makeEvent(userId, 'like', item, old, { id: item });
  const players = Array.from({ length: 24 }, (_, n) => `player-${n}`);
  await insertEvents(
    env.LOG_0,
    players.map((userId) => like(userId, 'a')),
  );
  await refreshStatistics(env, NOW);
  await insert(players.map((userId) => like(userId, 'b')));
  await exportSnapshot(FOUR, NOW);
  for (const database of DATABASES) await rollUpLog(database);
  const countMoved = async () =>
    Promise.all(
      DATABASES.slice(1).map((database) =>
        database.prepare("select count(*) as n from player_facts where item_id = 'a'").first<number>('n'),
      ),
    );
  const readUnmoved = async () => (await readEventCounts(env.DB, DATABASES, NOW)).shards.map(({ unmoved }) => unmoved);
  const unmoved = await readUnmoved();
  expect(unmoved.every((events) => events > 0)).toBe(true);
  expect(await moveCounts(env.DB, DATABASES, { movesMax: 1 })).toBe(false);
  expect((await countMoved()).filter((n) => n! > 0)).toHaveLength(1);
  await trimLog(FOUR, NOW);
  // The events of players who were not moved yet are still there.
  expect((await countRows())[3]).toBeGreaterThan(0);
  await insertEvents(
    env.LOG_0,
    ids.map((userId) => like(userId, 'c')),
  );
  await rollUpLog(env.LOG_0);
  await moveCounts(env.DB, DATABASES.map(refuseLargeValues), { movesMax: 100 });
  expect((await countMoved()).every((n) => n! > 0)).toBe(true);
  expect(await readUnmoved()).toEqual([0, 0, 0, 0]);
});

it('moves counts after the events of the longest backlog first, so that no database waits for ever', async () => {
  const players = Array.from({ length: 24 }, (_, n) => n);
  for (const { shard, games } of [
    { shard: 0, games: 1 },
    { shard: 1, games: 1 },
    { shard: 2, games: 9 },
  ]) {
    const own = players.filter((n) => chooseShard(`player-${n}`, 4) === shard);
    // Counted in another database before the change, whichever is theirs now.
    const other = DATABASES[(shard + 1) % 4]!;
    await insertEvents(
      other,
      own.map((n) => play(n, 0, NOW)),
    );
    await rollUpLog(other);
    await other.prepare('update roll_up set moved_until = sequence').run();
    await insertEvents(
      DATABASES[shard]!,
      own.flatMap((n) => Array.from({ length: games }, (_, game) => play(n, 1 + game, NOW))),
    );
  }
  for (const database of DATABASES) await rollUpLog(database);
  expect(await moveCounts(env.DB, DATABASES, { movesMax: 1 })).toBe(false);
  const { shards } = await readEventCounts(env.DB, DATABASES, NOW);
  expect(shards.map(({ unmoved }) => unmoved > 0)).toEqual([true, true, false, false]);
});

it('refreshes the statistics even if counts cannot be moved, and fails then', async () => {
  // The newest statistics, whatever the other tests have computed.
  const later = NOW + 1;
  const failing = replacePrepare(env.TEST_LOG_1, (sql) => {
    if (sql.includes('moved_until as first')) throw new Error('D1 is down');
    return env.TEST_LOG_1.prepare(sql);
  });
  await insert(Array.from({ length: 24 }, (_, n) => play(n, 1, NOW)));
  await expect(refreshStatistics({ ...FOUR, LOG_1: failing }, later)).rejects.toThrow('D1 is down');
  const { statistics } = await readStatistics(env.BUCKET, (await findStatistics(env.BUCKET))!);
  expect(statistics.popular.map(([itemId]) => itemId)).toEqual(['g1']);
});

it('exports and erases a player whose events are in every database', async () => {
  for (const [shard, database] of DATABASES.entries()) {
    await insertEvents(database, [play(7, shard, NOW), play(8, shard, NOW)]);
    await database
      .prepare(
        "insert into archived_marks (user_id, item_id, type, id, timestamp) values ('player-7', 'g0', 'play', 'm', 1)",
      )
      .run();
    await rollUpLog(database);
  }
  const listLines = async () => {
    const text = await new Response(exportUser(openStores(FOUR), ['player-7'])).text();
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { store: string });
  };
  const countStores = (lines: readonly { store: string }[]) =>
    Object.fromEntries([...Map.groupBy(lines, ({ store }) => store)].map(([store, own]) => [store, own.length]));
  expect(countStores(await listLines())).toMatchObject({ log: 4, 'archived-marks': 4, 'last-seen': 4, counts: 4 });
  const { erasureId } = await beginErasure(env.DB, DATABASES, 'player-7', NOW);
  await eraseUsers(openErasureRun(FOUR));
  expect(await listLines()).toEqual([{ store: 'export', complete: true, rows: 0 }]);
  expect(erasureId).toBeTruthy();
  for (const database of DATABASES) {
    expect(await database.prepare('select distinct user_id from events').raw()).toEqual([['player-8']]);
    // Events still in the queue do not come back.
    expect(await insertEvents(database, [play(7, 1, NOW)])).toBe(0);
  }
});
