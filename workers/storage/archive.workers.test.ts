import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { countEventsAfter, countRows } from '../../models/contracts/snapshot.ts';
import { emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { makeEvent } from '../../tests/event.ts';
import { claimFinished } from '../../tests/merge.ts';
import { readRows } from '../../tests/parquet.ts';
import { deleteUnnamedFiles } from './delete-unnamed-files.ts';
import { insertEvents, type LoggedAction, readActionsOf, readMarkEvents, readSignalEvents } from './events.ts';
import { exportEvents } from './export-events.ts';
import { exportMerges } from './export-merges.ts';
import { editSnapshot, readSnapshotManifest } from './snapshots.ts';
import { trimEvents } from './trim-events.ts';
import { moveMergedLogs } from './users.ts';

const { DB, BUCKET } = env;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 2, 10, 12);
/** `hours`: since noon of the first day. */
const at = (hours: number, userId: string, id: string, more: Partial<PlayerEvent> = {}) =>
  makeEvent(userId, 'play', `game-${id}`, NOON + hours * HOUR, { id, ...more });
/** 300 events of 20 players over three days. */
const EVENTS = Array.from({ length: 300 }, (_, n) => at(n / 6, `player-${n % 20}`, `${n}`, { value: n / 7 }));

beforeEach(async () => {
  for (const table of ['events', 'archived_marks', 'merges', 'users', 'export_cursors', 'sqlite_sequence'])
    await DB.prepare(`delete from ${table}`).run();
  for (const prefix of ['log/', 'snapshots/'])
    await BUCKET.delete((await BUCKET.list({ prefix })).objects.map(({ key }) => key));
});

/** Every event that the snapshot holds, as `sequence user id`. */
async function readAll(): Promise<string[]> {
  const { events } = (await readSnapshotManifest(BUCKET))!;
  const keys: string[] = [];
  for (const file of events)
    for (const row of await readRows(BUCKET, file)) keys.push(`${row.sequence} ${row.user_id} ${row.id}`);
  return keys.toSorted();
}
const EXPECTED = EVENTS.map(({ userId, id }, index) => `${index + 1} ${userId} ${id}`).toSorted();
const countHot = () => DB.prepare('select count(*) as n from events').first<number>('n');

/** A bucket that dies in its n-th write, before or after it; reading goes on. */
function breakBucket(write: number, after: boolean): R2Bucket {
  let writes = 0;
  return new Proxy(BUCKET, {
    get(bucket, name) {
      if (name !== 'put') return (...args: unknown[]) => Reflect.apply(Reflect.get(bucket, name), bucket, args);
      return async (...args: Parameters<R2Bucket['put']>) => {
        writes++;
        if (writes === write && !after) throw new Error('died');
        const put = await bucket.put(...args);
        if (writes === write) throw new Error('died');
        return put;
      };
    },
  });
}

it('exports each event once into files by day, sorted by player, whose manifest entries are true', async () => {
  await insertEvents(DB, EVENTS);
  expect(await exportEvents(DB, 0, BUCKET, NOON, { portionRows: 110 })).toBe(300);
  const { events, lastSequences } = (await readSnapshotManifest(BUCKET))!;
  expect(lastSequences).toEqual([300]);
  expect([...new Set(events.map(({ day }) => day))]).toEqual(['2026-03-10', '2026-03-11', '2026-03-12']);
  expect(await readAll()).toEqual(EXPECTED);
  for (const file of events) {
    const rows = await readRows(BUCKET, file);
    const users = rows.map(({ user_id }) => user_id);
    expect(users).toEqual(users.toSorted());
    expect(file.users).toEqual([users[0], users.at(-1)]);
    const times = rows.map(({ timestamp }) => (timestamp as Date).getTime());
    expect(file.times).toEqual([Math.min(...times), Math.max(...times)]);
    const sequences = rows.map(({ sequence }) => Number(sequence));
    expect(file.sequences).toEqual([Math.min(...sequences), Math.max(...sequences)]);
    expect(file.key).toContain(`/day=${file.day}/`);
  }
  expect(countRows(events)).toBe(300);
  expect(countEventsAfter(events, [0])).toBe(300);
  expect(countEventsAfter(events, [300])).toBe(0);

  // Nothing new, nothing written; then only what is new.
  const before = (await BUCKET.list({ prefix: 'log/' })).objects.length;
  expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(0);
  expect((await BUCKET.list({ prefix: 'log/' })).objects.length).toBe(before);
  await insertEvents(DB, [at(60, 'late', 'late', { query: 'é\u{1f3ae}', country: 'CH', position: 3 })]);
  expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(1);
  const [row] = await readRows(BUCKET, (await readSnapshotManifest(BUCKET))!.events.at(-1)!);
  expect(row).toMatchObject({ sequence: 301n, user_id: 'late', query: 'é\u{1f3ae}', country: 'CH', position: 3 });
});

it('loses and doubles nothing, wherever an export dies, and takes the rest up where it stopped', async () => {
  await insertEvents(DB, EVENTS);
  let deaths = 0;
  for (let write = 1; ; write++) {
    let died = false;
    for (const after of [false, true])
      await exportEvents(DB, 0, breakBucket(write, after), NOON, { portionRows: 70 }).catch((error: Error) => {
        expect(error.message).toBe('died');
        died = true;
        deaths++;
      });
    if (!died) break;
    const named = (await readSnapshotManifest(BUCKET)) === undefined ? [] : await readAll();
    expect(new Set(named).size).toBe(named.length);
  }
  expect(deaths).toBeGreaterThan(4);
  expect(await readAll()).toEqual(EXPECTED);
});

it('exports each event once if several exports and a compaction run at once', async () => {
  await insertEvents(DB, EVENTS);
  const exported = await Promise.all([
    ...Array.from({ length: 4 }, () => exportEvents(DB, 0, BUCKET, NOON, { portionRows: 60 })),
    editSnapshot(BUCKET, NOON, () => ({ takenBatches: ['kept'] })).then(() => 0),
  ]);
  expect(exported.reduce((sum, rows) => sum + rows, 0)).toBe(300);
  expect(await readAll()).toEqual(EXPECTED);
  expect((await readSnapshotManifest(BUCKET))!.takenBatches).toEqual(['kept']);
});

it('names no file that does not hold what was written', async () => {
  await insertEvents(DB, EVENTS);
  const lying = new Proxy(BUCKET, {
    get(bucket, name) {
      if (name !== 'put') return (...args: unknown[]) => Reflect.apply(Reflect.get(bucket, name), bucket, args);
      return (key: string, value: Uint8Array | string) =>
        bucket.put(key, typeof value === 'string' ? value : value.slice(0, -1));
    },
  });
  await expect(exportEvents(DB, 0, lying, NOON)).rejects.toThrow(/does not have the sha256/);
  expect(await readSnapshotManifest(BUCKET)).toBeUndefined();
});

it('keeps the hot window in D1 and deletes only what R2 proves to hold', async () => {
  await insertEvents(DB, EVENTS);
  await exportEvents(DB, 0, BUCKET, NOON, { portionRows: 110 });
  const hotFrom = NOON + DAY;
  const bounds = { hotFrom, readUntil: Number.MAX_SAFE_INTEGER };
  // Events that another job has yet to read stay, and those that no snapshot holds.
  expect(await trimEvents(DB, 0, BUCKET, { hotFrom, readUntil: 10 }, { portionRows: 7 })).toBe(10);
  const { events } = (await readSnapshotManifest(BUCKET))!;
  const lost = events[1]!;
  const bytes = await (await BUCKET.get(lost.key))!.arrayBuffer();
  await BUCKET.delete(lost.key);
  await expect(trimEvents(DB, 0, BUCKET, bounds)).rejects.toThrow(`nothing deleted: ${lost.key}`);
  await BUCKET.put(lost.key, bytes.slice(1), {});
  await expect(trimEvents(DB, 0, BUCKET, bounds)).rejects.toThrow(/is not the file that was verified/);
  expect(await countHot()).toBe(290);
  await BUCKET.put(lost.key, bytes, { sha256: lost.sha256 });

  expect(await trimEvents(DB, 0, BUCKET, bounds, { portionRows: 50 })).toBe(134);
  expect(await trimEvents(DB, 0, BUCKET, bounds)).toBe(0);
  const { results } = await DB.prepare('select min(received_at) as first, count(*) as n from events').all();
  expect(results).toEqual([{ first: hotFrom, n: 156 }]);
  expect(await readAll()).toEqual(EXPECTED);

  await insertEvents(DB, [at(0, 'new', 'not exported')]);
  await trimEvents(DB, 0, BUCKET, { hotFrom: NOON + 30 * DAY, readUntil: Number.MAX_SAFE_INTEGER });
  expect(await DB.prepare('select id from events').first('id')).toBe('not exported');
});

describe('after D1 was restored to an earlier point', () => {
  const everything = { hotFrom: NOON + 30 * DAY, readUntil: Number.MAX_SAFE_INTEGER };
  /** Restores D1 to its first `rows` events, `exported` of them exported. */
  const restore = (rows: number, exported: number) =>
    DB.batch([
      DB.prepare('delete from events where sequence > ?1').bind(rows),
      DB.prepare("update sqlite_sequence set seq = ?1 where name = 'events'").bind(rows),
      DB.prepare('update export_cursors set row = ?1').bind(exported),
    ]);
  const later = (count: number) => Array.from({ length: count }, (_, n) => at(n / 6, `player-${n % 7}`, `later-${n}`));
  const readIds = async () => (await readAll()).map((row) => row.split(' ').slice(1).join(' ')).toSorted();
  const identify = (events: readonly PlayerEvent[]) => events.map(({ userId, id }) => `${userId} ${id}`).toSorted();

  it.each([
    ['few events', 30],
    ['more events than were lost', 130],
  ])('exports %s logged since, each once, and deletes none before that', async (_, count) => {
    await insertEvents(DB, EVENTS.slice(0, 50));
    await exportEvents(DB, 0, BUCKET, NOON);
    await insertEvents(DB, EVENTS.slice(50, 140));
    await exportEvents(DB, 0, BUCKET, NOON, { portionRows: 40 });
    await restore(60, 50);
    await insertEvents(DB, later(count));
    // Rows 61 to 140 have numbers of exported events.
    expect(await trimEvents(DB, 0, BUCKET, everything)).toBe(50);
    expect(await exportEvents(DB, 0, BUCKET, NOON, { portionRows: 17 })).toBe(count);
    const all = identify([...EVENTS.slice(0, 140), ...later(count)]);
    expect(await readIds()).toEqual(all);
    expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(0);
    await insertEvents(DB, [at(99, 'last', 'last')]);
    expect(await DB.prepare('select max(sequence) as last from events').first('last')).toBe(
      Math.max(140, 60 + count) + 1,
    );
    expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(1);
    expect(await trimEvents(DB, 0, BUCKET, everything)).toBe(10 + count + 1);
    expect([await countHot(), await readIds()]).toEqual([0, [...all, 'last last'].toSorted()]);
  });

  it('continues after an export that died at any step', async () => {
    await insertEvents(DB, EVENTS.slice(0, 140));
    await exportEvents(DB, 0, BUCKET, NOON);
    await restore(60, 0);
    await insertEvents(DB, later(100));
    let deaths = 0;
    for (let write = 1; ; write++) {
      let died = false;
      for (const after of [false, true])
        await exportEvents(DB, 0, breakBucket(write, after), NOON, { portionRows: 70 }).catch((error: Error) => {
          expect(error.message).toBe('died');
          died = true;
          deaths++;
        });
      if (!died) break;
    }
    expect(deaths).toBeGreaterThan(2);
    expect(await readIds()).toEqual(identify([...EVENTS.slice(0, 140), ...later(100)]));
  });

  it('exports events that an emptied D1 receives under new numbers', async () => {
    await insertEvents(DB, EVENTS);
    await exportEvents(DB, 0, BUCKET, NOON);
    for (const table of ['events', 'export_cursors', 'sqlite_sequence']) await DB.prepare(`delete from ${table}`).run();
    expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(0);
    await insertEvents(DB, [at(60, 'new', 'new')]);
    expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(1);
    expect(await readAll()).toEqual([...EXPECTED, '301 new new'].toSorted());
  });
});

it('exports events of many days in files of several days each, which are named by the last', async () => {
  const events = Array.from({ length: 300 }, (_, n) => at(24 * ((n * 7) % 290), `player-${n % 20}`, `${n}`));
  await insertEvents(DB, events);
  expect(await exportEvents(DB, 0, BUCKET, NOON)).toBe(300);
  const files = (await readSnapshotManifest(BUCKET))!.events;
  expect(files.length).toBeLessThanOrEqual(50);
  expect(new Set(files.map(({ day }) => day)).size).toBe(files.length);
  let rows = 0;
  let before = '';
  for (const file of files.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    const days = (await readRows(BUCKET, file)).map(({ received_at }) =>
      (received_at as Date).toISOString().slice(0, 10),
    );
    expect(days.toSorted().at(-1)).toBe(file.day);
    expect(days.every((day) => day > before)).toBe(true);
    before = file.day;
    rows += days.length;
  }
  expect(rows).toBe(300);
});

describe('merges', () => {
  const claim = async (...guests: string[]) => {
    for (const guest of guests) expect(await claimFinished(DB, guest, 'player', NOON)).toBe('player');
  };
  const readGuests = async () => {
    const { merges } = (await readSnapshotManifest(BUCKET))!;
    const rows = await Promise.all(merges.map((file) => readRows(BUCKET, file)));
    return rows.flat().map((row) => row.from_user_id);
  };

  it('are all exported after erasures left gaps and the table was copied', async () => {
    await claim('a', 'b', 'c');
    expect(await exportMerges(DB, BUCKET, NOON)).toBe(3);
    await DB.batch(
      [
        "delete from merges where from_user_id in ('a', 'c')",
        'create table copy as select * from merges',
        'delete from merges',
        'insert into merges select * from copy',
        'drop table copy',
      ].map((sql) => DB.prepare(sql)),
    );
    await claim('d', 'e');
    expect(await exportMerges(DB, BUCKET, NOON)).toBe(2);
    expect(await readGuests()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are all exported, each once, after D1 was restored to an earlier point', async () => {
    await claim('a', 'b');
    await exportMerges(DB, BUCKET, NOON);
    await claim('c', 'd', 'e');
    await exportMerges(DB, BUCKET, NOON);
    await DB.batch([
      DB.prepare("delete from merges where from_user_id in ('d', 'e')"),
      DB.prepare("update sqlite_sequence set seq = 3 where name = 'merges'"),
      DB.prepare("update export_cursors set row = 2 where table_name = 'merges'"),
    ]);
    await claim('x');
    expect(await exportMerges(DB, BUCKET, NOON)).toBe(1);
    await claim('y');
    expect(await exportMerges(DB, BUCKET, NOON)).toBe(1);
    expect(await exportMerges(DB, BUCKET, NOON)).toBe(0);
    expect((await readGuests()).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'x', 'y']);
  });
});

it('deletes no event that no file holds, unless such files have expired', async () => {
  await insertEvents(DB, EVENTS);
  await exportEvents(DB, 0, BUCKET, NOON, { portionRows: 110 });
  const { events } = (await readSnapshotManifest(BUCKET))!;
  await editSnapshot(BUCKET, NOON, () => ({ events: events.filter(({ sequences }) => sequences[0] !== 111) }));
  const bounds = { hotFrom: NOON + 30 * DAY, readUntil: Number.MAX_SAFE_INTEGER };
  await expect(trimEvents(DB, 0, BUCKET, bounds)).rejects.toThrow(/nothing deleted: no file .* holds event 111/);
  expect(await countHot()).toBe(300);
  expect(await trimEvents(DB, 0, BUCKET, { ...bounds, keptFrom: NOON + 10 * DAY })).toBe(300);
});

it('still knows what players own, like and dismissed after their events have left D1, also after a merge', async () => {
  const acts = (userId: string) => [
    at(0, userId, 'bought', { type: 'purchase' }),
    at(1, userId, 'liked', { type: 'like' }),
    at(2, userId, 'unliked', { type: 'like' }),
    at(3, userId, 'unlike', { type: 'unlike', itemId: 'game-unliked' }),
    at(4, userId, 'dismissed', { type: 'dismiss' }),
    at(5, userId, 'rated', { type: 'rate', value: 5 }),
    at(6, userId, 'again', { type: 'rate', value: 1, itemId: 'game-rated' }),
    at(7, userId, 'seen', { type: 'impression' }),
  ];
  await insertEvents(DB, [...acts('ann'), ...acts('guest')]);
  const derive = async (userId: string, events: readonly LoggedAction[]) => {
    const own = events.filter((event) => event.userId === userId).map(toSignalEvent);
    const { shown: _, ...state } = deriveUserState(foldEvents(emptySignals(), own).signals, EMPTY_PREFERENCES, NOON);
    const sort = (ids: string[]) => ids.toSorted();
    return { ...state, owned: sort(state.owned), played: sort(state.played), liked: sort(state.liked), history: [] };
  };
  const readAllWays = async (userId: string) =>
    Promise.all(
      [readSignalEvents([DB], userId), readMarkEvents([DB], userId), readActionsOf([DB], [userId, 'nobody'])].map(
        async (events) => derive(userId, await events),
      ),
    );
  const before = await readAllWays('ann');
  expect(before[0]).toMatchObject({ owned: ['game-bought'], liked: ['game-liked'], dismissed: ['game-dismissed'] });
  await exportEvents(DB, 0, BUCKET, NOON);
  const everything = { hotFrom: NOON + 30 * DAY, readUntil: Number.MAX_SAFE_INTEGER };
  expect(await trimEvents(DB, 0, BUCKET, everything)).toBe(16);
  expect(await readAllWays('ann')).toEqual(before);
  const rated = (await readMarkEvents([DB], 'ann')).find(({ itemId }) => itemId === 'game-rated');
  expect(rated).toMatchObject({ id: 'again', type: 'rate', value: 1 });

  await claimFinished(DB, 'guest', 'zoe', NOON);
  await moveMergedLogs(DB, [DB], ['guest']);
  expect(await readAllWays('zoe')).toEqual(before);
  expect(await readMarkEvents([DB], 'guest')).toEqual([]);
  expect(await exportMerges(DB, BUCKET, NOON)).toBe(1);
  expect(await exportMerges(DB, BUCKET, NOON)).toBe(0);
  const [file] = (await readSnapshotManifest(BUCKET))!.merges;
  expect(await readRows(BUCKET, file!)).toEqual([
    { from_user_id: 'guest', to_user_id: 'zoe', merged_at: new Date(NOON) },
  ]);
});

it('deletes replaced and unnamed files, but only after two days', async () => {
  await insertEvents(DB, EVENTS);
  await exportEvents(DB, 0, BUCKET, Date.now(), { portionRows: 110 });
  const { events } = (await readSnapshotManifest(BUCKET))!;
  const [first, ...rest] = events;
  const now = Date.now();
  await editSnapshot(BUCKET, now, () => ({ events: rest, retired: [{ key: first!.key, at: now }] }));
  await BUCKET.put('log/events/day=2026-03-10/left-by-a-crash.parquet', 'x');
  await BUCKET.put('snapshots/20260101T000000000Z/events-00000.jsonl.gz', 'x');
  const list = async () =>
    (await Promise.all(['log/', 'snapshots/'].map((prefix) => BUCKET.list({ prefix }))))
      .flatMap(({ objects }) => objects.map(({ key }) => key))
      .toSorted();
  const all = await list();
  expect(await deleteUnnamedFiles(BUCKET, now + 47 * HOUR, 48 * HOUR)).toBe(0);
  expect(await list()).toEqual(all);
  expect(await deleteUnnamedFiles(BUCKET, now + 49 * HOUR, 48 * HOUR)).toBe(3);
  expect(await list()).toEqual([...rest.map(({ key }) => key), 'snapshots/current.json'].toSorted());
  expect((await readSnapshotManifest(BUCKET))!.retired).toEqual([]);
});
