import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventFile } from '../../models/contracts/snapshot.ts';
import { makeEvent } from '../../tests/event.ts';
import { readRows } from '../../tests/parquet.ts';
import { makeSlate, toMessages } from '../../tests/slate.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { exportEvents } from '../../workers/storage/export-events.ts';
import { exportSlates } from '../../workers/storage/export-slates.ts';
import { ROWS_PER_GROUP } from '../../workers/storage/parquet.ts';
import { logAnswers } from '../../workers/storage/slates.ts';
import { readFile } from '../../workers/storage/snapshot-files.ts';
import { editSnapshot, readSnapshotManifest } from '../../workers/storage/snapshots.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { compactLog, groupSmallFiles, mergeFiles } from './compact.ts';

const NOON = Date.UTC(2026, 2, 10, 12);
const HOUR = 3_600_000;
const state = mkdtempSync(path.join(tmpdir(), 'bloodstream-compact-'));
const folder = path.join(state, 'files');
let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform(state);
});
afterAll(async () => {
  await platform.dispose();
  rmSync(state, { recursive: true });
});

const readManifest = async () => (await readSnapshotManifest(platform.BUCKET))!;
/** Every event of the files, by day, in their order. */
async function readEvents(files: readonly EventFile[]): Promise<Map<string, unknown[]>> {
  const rows: { day: string; row: Record<string, unknown> }[] = [];
  for (const file of files) for (const row of await readRows(platform.BUCKET, file)) rows.push({ day: file.day, row });
  const inOrder = rows.sort(
    (a, b) =>
      Buffer.compare(Buffer.from(String(a.row.user_id)), Buffer.from(String(b.row.user_id))) ||
      Number(a.row.timestamp) - Number(b.row.timestamp) ||
      Number(a.row.sequence) - Number(b.row.sequence),
  );
  return new Map([...Map.groupBy(inOrder, ({ day }) => day)].map(([day, own]) => [day, own.map(({ row }) => row)]));
}

it('makes one file of each past day, with the same rows; repeated ones are kept once', async () => {
  const { DB, BUCKET } = platform;
  const users = ['ann', 'Ben', 'zoë', '界', '🎮'];
  const events = Array.from({ length: 600 }, (_, n) =>
    makeEvent(users[n % 5]!, 'rate', `g${n % 30}`, NOON + ((n * 7) % 600) * 360_000, {
      ...{ id: `e${n}`, receivedAt: NOON + n * 360_000, value: n / 7, query: n % 2 === 0 ? null : 'é' },
    }),
  );
  for (let from = 0; from < 600; from += 100) {
    await insertEvents(DB, events.slice(from, from + 100));
    await exportEvents(DB, 0, BUCKET, NOON);
  }
  const slates = Array.from({ length: 20 }, (_, n) => makeSlate(`r${n}`, users[n % 5]!, NOON + n * HOUR));
  for (const own of [slates.slice(0, 12), slates.slice(8)]) {
    await logAnswers(DB, BUCKET, toMessages(own), 1e9, NOON);
    await exportSlates(DB, BUCKET, NOON);
  }
  const before = await readManifest();
  const expected = await readEvents(before.events);
  // Sent again after it had left D1.
  await DB.prepare('delete from events').run();
  await insertEvents(DB, [{ ...events[3]!, receivedAt: NOON + HOUR }]);
  await exportEvents(DB, 0, BUCKET, NOON);

  const today = NOON + 48 * HOUR;
  const done = await compactLog(BUCKET, folder, today);
  const after = await readManifest();
  const pastDays = new Set(before.events.map(({ day }) => day).filter((day) => day < '2026-03-12'));
  for (const day of pastDays) expect(after.events.filter((file) => file.day === day)).toHaveLength(1);
  expect(await readEvents(after.events)).toEqual(expected);
  expect(done.find(({ kind, day }) => kind === 'events' && day === '2026-03-10')!.repeated).toBe(1);
  expect(after.lastSequences).toEqual([601]);
  for (const file of after.events) {
    const rows = await readRows(BUCKET, file);
    expect(file.rows).toBe(rows.length);
    expect(file.users).toEqual([rows[0]!.user_id, rows.at(-1)!.user_id]);
    const sequences = rows.map(({ sequence }) => Number(sequence));
    expect(file.sequences).toEqual([Math.min(...sequences), Math.max(...sequences)]);
    const times = rows.map(({ timestamp }) => Number(timestamp));
    expect(file.times).toEqual([Math.min(...times), Math.max(...times)]);
  }
  expect(after.slates.reduce((sum, file) => sum + file.slates, 0)).toBe(20);
  // Readers of the earlier manifest find their files.
  for (const { key } of before.events) expect(await BUCKET.head(key), key).not.toBeNull();
  expect(after.retired.map(({ key }) => key)).toEqual(
    expect.arrayContaining(before.events.filter(({ day }) => pastDays.has(day)).map(({ key }) => key)),
  );
  expect(await compactLog(BUCKET, folder, today)).toEqual([]);
});

it('writes groups of rows that an isolate can decode', async () => {
  const { DB, BUCKET } = platform;
  const at = NOON - 30 * 24 * HOUR;
  const events = Array.from({ length: ROWS_PER_GROUP + 3_000 }, (_, n) =>
    makeEvent('heavy', 'click', `g${n % 9}`, at + n, { id: `h${n}` }),
  );
  for (const half of [events.slice(0, 12_000), events.slice(12_000)]) {
    for (let from = 0; from < half.length; from += 2_000) await insertEvents(DB, half.slice(from, from + 2_000));
    await exportEvents(DB, 0, BUCKET, NOON);
  }
  await compactLog(BUCKET, folder, NOON);
  const day = new Date(at).toISOString().slice(0, 10);
  const [file, ...more] = (await readManifest()).events.filter((one) => one.day === day);
  expect(more).toEqual([]);
  const { buffer, byteOffset, byteLength } = await readFile(BUCKET, file!);
  const { row_groups: groups } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  expect(groups.map(({ num_rows: rows }) => Number(rows))).toEqual([ROWS_PER_GROUP, 3_000]);
});

it('changes nothing if another run has replaced the files meanwhile', async () => {
  const { BUCKET } = platform;
  const { events } = await readManifest();
  await editSnapshot(BUCKET, NOON, () => ({ events: events.slice(1) }));
  const before = await readManifest();
  expect(await mergeFiles(BUCKET, folder, 'events', events.slice(0, 2), NOON)).toBeUndefined();
  expect(await readManifest()).toEqual(before);
});

it('groups the small files of past days up to the size that a file should have', () => {
  const file = (day: string, megabytes: number) => ({ day, bytes: megabytes * 1e6 });
  const small = Array.from({ length: 12 }, () => file('2026-01-01', 30));
  const groups = groupSmallFiles(
    [...small, file('2026-01-01', 33), file('2026-01-02', 1), file('2026-01-03', 1), file('2026-01-03', 2)],
    '2026-01-03',
  );
  expect(groups.map((group) => group.length)).toEqual([8, 4]);
  expect(groupSmallFiles([file('2026-01-01', 1), file('2026-01-01', 2)], '2026-01-02')).toHaveLength(1);
});
