// Players' rows in large files: read by groups, and rewritten into files that fit into an isolate, one file per call.

import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { EventFile } from '../../models/contracts/snapshot.ts';
import { makeEvent } from '../../tests/event.ts';
import { readRows } from '../../tests/parquet.ts';
import { EVENT_COLUMNS, type LoggedEvent } from '../storage/event-columns.ts';
import { ROWS_PER_GROUP } from '../storage/parquet.ts';
import { readRowGroups } from '../storage/row-groups.ts';
import { writeRows } from '../storage/snapshot-files.ts';
import { editSnapshot, readSnapshotOrEmpty } from '../storage/snapshots.ts';
import { FILE_KINDS } from './file-kinds.ts';
import { openFileStore } from './file-store.ts';

const NOON = Date.UTC(2026, 2, 10, 12);
const DAY = '2026-03-10';
const ROWS = 2 * ROWS_PER_GROUP + 100;
const EVENTS = FILE_KINDS.find(({ name }) => name === 'archived-log')!;

/** Rows of each user, in order. */
const makeRows = (users: readonly [string, number][], firstSequence = 1): LoggedEvent[] =>
  users
    .flatMap(([userId, rows]) =>
      Array.from({ length: rows }, (_, n) =>
        makeEvent(userId, 'click', `g${n % 7}`, NOON + n, { id: `${userId}-${n}` }),
      ),
    )
    .map((event, n) => ({ ...event, sequence: firstSequence + n }));

async function addFile(rows: readonly LoggedEvent[]): Promise<EventFile> {
  const file = {
    ...(await writeRows(env.BUCKET, EVENT_COLUMNS, rows, (digest) => `log/events/${digest}.parquet`)),
    day: DAY,
    shard: 0,
    users: [rows[0]!.userId, rows.at(-1)!.userId] as [string, string],
    times: [NOON, NOON + rows.length] as [number, number],
    sequences: [rows[0]!.sequence, rows.at(-1)!.sequence] as [number, number],
  };
  await editSnapshot(env.BUCKET, NOON, ({ events }) => ({ events: [...events, file] }));
  return file;
}

/** Counts the bytes that are read by ranges, the footer's excepted. */
function measureReads({ bytes }: EventFile): { bucket: R2Bucket; read: { bytes: number } } {
  const read = { bytes: 0 };
  const bucket = new Proxy(env.BUCKET, {
    get: (target, name: 'get') =>
      name !== 'get'
        ? Reflect.get(target, name)
        : (key: string, options?: { range?: { offset: number; length: number } }) => {
            const { offset = 0, length = 0 } = options?.range ?? {};
            if (offset + length < bytes) read.bytes += length;
            return options === undefined ? target.get(key) : target.get(key, options as R2GetOptions);
          },
  });
  return { bucket, read };
}

it('reads at most one group of rows at a time, and only groups that may hold the player', async () => {
  const rows = makeRows([
    ['ann', ROWS_PER_GROUP],
    ['ben', ROWS_PER_GROUP],
    ['界', 50],
    ['🎮', 50],
  ]);
  const file = await addFile(rows);
  const own = async (userId: string) => {
    const { bucket, read } = measureReads(file);
    const found: Record<string, unknown>[] = [];
    for await (const group of readRowGroups(bucket, file, { filter: { columns: ['user_id'], values: [userId] } }))
      found.push(...group.filter((row) => row.user_id === userId));
    return { rows: found.length, bytes: read.bytes };
  };
  const whole = { rows: 0, bytes: 0 };
  const { bucket, read } = measureReads(file);
  for await (const group of readRowGroups(bucket, file)) whole.rows += group.length;
  whole.bytes = read.bytes;
  expect(whole.rows).toBe(ROWS);
  expect(await own('ann')).toMatchObject({ rows: ROWS_PER_GROUP });
  expect((await own('ann')).bytes).toBeLessThan(0.7 * whole.bytes);
  // Beyond U+D7FF the order of UTF-8 is not JavaScript's.
  expect(await own('🎮')).toMatchObject({ rows: 50 });
  expect((await own('🎮')).bytes).toBeLessThan(0.2 * whole.bytes);
  expect((await own('nobody')).rows).toBe(0);
  // Another writer's file may have larger groups.
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const large = parquetWriteBuffer({
    columnData: [{ name: 'user_id', data: rows.map(({ userId }) => userId), type: 'STRING' }],
    rowGroupSize: ROWS,
  });
  await env.BUCKET.put('large.parquet', large);
  const sizes: number[] = [];
  const users: unknown[] = [];
  for await (const group of readRowGroups(env.BUCKET, { key: 'large.parquet', bytes: large.byteLength })) {
    sizes.push(group.length);
    users.push(...group.map((row) => row.user_id));
  }
  expect(sizes).toEqual([ROWS_PER_GROUP, ROWS_PER_GROUP, 100]);
  expect(users).toEqual(rows.map(({ userId }) => userId));
});

it('rewrites one file a call, into files of one group, and says when it is done', async () => {
  const mine = 3;
  await editSnapshot(env.BUCKET, NOON, () => ({ events: [], retired: [] }));
  const others = makeRows([
    ['ann', ROWS],
    ['cid', mine],
  ]);
  await addFile(others);
  await addFile(
    makeRows(
      [
        ['cid', mine],
        ['dan', 5],
      ],
      ROWS + 10,
    ),
  );
  const store = openFileStore(env.DB, env.BUCKET, EVENTS);
  const users = ['cid'];
  const until = NOON + 1_000;
  const counts = [await store.countRows(users, until)];
  const finished: boolean[] = [];
  while (!finished.at(-1)) {
    finished.push(await store.eraseRows(users, until));
    counts.push(await store.countRows(users, until));
  }
  expect(finished).toEqual([false, false, true]);
  expect(counts).toEqual([2 * mine, mine, 0, 0]);
  const { events, retired } = await readSnapshotOrEmpty(env.BUCKET);
  expect(events.map(({ rows }) => rows)).toEqual([ROWS_PER_GROUP, ROWS_PER_GROUP, 100, 5]);
  expect(retired).toEqual([]);
  const kept = [];
  for (const file of events) kept.push(...(await readRows(env.BUCKET, file)));
  expect(kept.map(({ id }) => id)).toEqual([
    ...others.slice(0, ROWS).map(({ id }) => id),
    ...[0, 1, 2, 3, 4].map((n) => `dan-${n}`),
  ]);
});
