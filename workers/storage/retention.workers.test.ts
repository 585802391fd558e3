// A run of the retention deletes what a dry run lists, by the settings, and nothing if one of them is wrong.

import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { claimFinished } from '../../tests/merge.ts';
import { readRows } from '../../tests/parquet.ts';
import { makeSlate, toMessages } from '../../tests/slate.ts';
import { runJobs } from '../offline/jobs.ts';
import { storeDeadLetters, UNDELIVERED } from './dead-letters.ts';
import { deleteUnnamedFiles } from './delete-unnamed-files.ts';
import { insertEvents } from './events.ts';
import { exportEvents } from './export-events.ts';
import { exportMerges, MERGE_COLUMNS } from './export-merges.ts';
import { exportSlates } from './export-slates.ts';
import { cronOf } from './job-schedule.ts';
import { addMetricCounts, closeHours } from './metric-counts.ts';
import { deleteExpired, listExpired } from './retention.ts';
import { readRetention } from './settings.ts';
import { logAnswers } from './slates.ts';
import { writeRows } from './snapshot-files.ts';
import { editSnapshot, readSnapshotManifest } from './snapshots.ts';

const DAY_MS = 86_400_000;
/** Noon of yesterday: R2 dates files itself, and what expires days after them is deleted by the true date. */
const NOW = (Math.floor(Date.now() / DAY_MS) - 0.5) * DAY_MS;
const SETTINGS = { logDays: 365, slateDays: 90, snapshotDays: 2 };

async function fill(): Promise<void> {
  for (const days of [400, 300]) {
    const at = NOW - days * DAY_MS;
    // It happened long before: what counts is when it was received.
    await insertEvents(env.DB, [makeEvent('u', 'play', 'g', at - 9_000 * DAY_MS, { id: `${days}`, receivedAt: at })]);
    await exportEvents(env.DB, 0, env.BUCKET, at);
  }
  for (const days of [100, 80]) {
    const at = NOW - days * DAY_MS;
    await logAnswers(env.DB, env.BUCKET, toMessages([makeSlate(`s${days}`, 'u', at)]), 1e9, at);
    await exportSlates(env.DB, env.BUCKET, at);
  }
  await env.DB.prepare('insert into event_counts (hour, count) values (0, 4), (1, 1)').run();
  await addMetricCounts(env.DB, [{ hour: 1, metric: 'clicks', labels: {}, amount: 1 }]);
  await closeHours(env.DB, NOW);
  await env.DB.prepare("insert into acted_items values (?1, 'shown', 'g'), (?1 - 9, 'shown', 'g')")
    .bind(Math.floor(NOW / DAY_MS))
    .run();
  await env.DB.prepare("insert into interleaved_rows values ('old', 'e', '{}', ?1), ('new', 'e', '{}', ?1 + ?2)")
    .bind(NOW - 2 * DAY_MS - 1, DAY_MS)
    .run();
  const letter = { body: '{}', receivedAt: NOW - 31 * DAY_MS };
  await storeDeadLetters(env.DB, [
    { ...letter, id: 'stale', queue: 'notifications', reason: UNDELIVERED },
    { ...letter, id: 'kept', queue: 'events', reason: 'failed too often' },
  ]);
}

it('deletes what a dry run lists', async () => {
  await fill();
  const rowsOf = async (settings: typeof SETTINGS) =>
    Object.fromEntries((await listExpired(env, settings, NOW)).map(({ store, rows, files }) => [store, [rows, files]]));
  const listed = {
    'job-runs': [0, 0],
    'slate-counts': [2, 0],
    metrics: [1, 0],
    'shown-answers': [2, 0],
    'interleaved-rows': [1, 0],
    'acted-items': [1, 0],
    undelivered: [1, 0],
    'logged-counts': [2, 0],
    log: [1, 1],
    slates: [1, 1],
    'replaced-files': [null, 0],
  };
  expect(await rowsOf(SETTINGS)).toEqual(listed);
  const forever = { ...SETTINGS, logDays: Number.POSITIVE_INFINITY, slateDays: Number.POSITIVE_INFINITY };
  expect(await rowsOf(forever)).toMatchObject({ log: [0, 0], slates: [0, 0] });

  expect(await deleteExpired(env, SETTINGS, NOW)).toBe(2 + 1 + 2 + 1 + 1 + 1 + 2 + 1 + 1);
  expect(await env.DB.prepare('select hour from metric_counts').raw()).toEqual([[0]]);
  const { events, slates, retired } = (await readSnapshotManifest(env.BUCKET))!;
  expect(events.map(({ sequences }) => sequences)).toEqual([[2, 2]]);
  expect(slates).toHaveLength(1);
  expect(await env.DB.prepare('select id from dead_letters').raw()).toEqual([['kept']]);
  // Files stay for those who still read an earlier snapshot.
  expect(retired).toHaveLength(2);
  expect(await env.BUCKET.head(retired[0]!.key)).not.toBeNull();
  expect(await deleteExpired(env, SETTINGS, Date.now() + 3 * DAY_MS)).toBe(2 + 1);
  expect(await env.BUCKET.head(retired[0]!.key)).toBeNull();
});

it('keeps an old file that a writer names between the list and the deletion', async () => {
  const file = { key: 'log/events/used-again.parquet', rows: 1, bytes: 1, sha256: 'a'.repeat(64), lastRow: 1 };
  await env.BUCKET.put(file.key, 'x');
  const later = Date.now() + 3 * DAY_MS;
  let reads = 0;
  const bucket = new Proxy(env.BUCKET, {
    get: (target, name: 'get') =>
      name !== 'get'
        ? (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target)
        : async (key: string) => {
            const found = await target.get(key);
            if (reads++ === 0) await editSnapshot(target, NOW, ({ merges }) => ({ merges: [...merges, file] }));
            return found;
          },
  });
  await deleteUnnamedFiles(bucket, later, DAY_MS);
  expect(await env.BUCKET.head(file.key)).not.toBeNull();
  await editSnapshot(env.BUCKET, NOW, () => ({ merges: [] }));
  await deleteUnnamedFiles(env.BUCKET, later, DAY_MS);
  expect(await env.BUCKET.head(file.key)).toBeNull();
});

it('renews a file that a dead run left, when it is written again', async () => {
  const write = () =>
    writeRows(env.BUCKET, MERGE_COLUMNS, [{ fromUserId: 'g', toUserId: 'p', mergedAt: 1 }], () => 'kept');
  await write();
  const { uploaded } = (await env.BUCKET.head('kept'))!;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await write();
  expect((await env.BUCKET.head('kept'))!.uploaded.getTime()).toBeGreaterThan(uploaded.getTime());
});

it('writes merges of many hours as one file', async () => {
  await editSnapshot(env.BUCKET, NOW, () => ({ merges: [], retired: [] }));
  for (const guest of ['g1', 'g2', 'g3']) {
    await claimFinished(env.DB, guest, 'p', NOW);
    expect(await exportMerges(env.DB, env.BUCKET, NOW)).toBe(1);
  }
  const { merges, retired } = (await readSnapshotManifest(env.BUCKET))!;
  expect(merges.map(({ rows, lastRow }) => [rows, lastRow])).toEqual([[3, 3]]);
  expect((await readRows(env.BUCKET, merges[0]!)).map((row) => row.from_user_id)).toEqual(['g1', 'g2', 'g3']);
  expect(retired).toHaveLength(2);
});

it('deletes nothing if a setting is wrong, and says which', async () => {
  const vars = { LOG_HOT_DAYS: '30', LOG_DAYS: 'forever', SLATE_DAYS: '90', SNAPSHOT_DAYS: '2' };
  expect(readRetention(vars)).toEqual({ logDays: Number.POSITIVE_INFINITY, slateDays: 90, snapshotDays: 2 });
  for (const [name, text] of [
    ['LOG_DAYS', '30'],
    ['LOG_DAYS', ''],
    ['SLATE_DAYS', 'ninety'],
    ['SNAPSHOT_DAYS', '0'],
  ])
    expect(() => readRetention({ ...vars, [name!]: text })).toThrow(`${name} in wrangler.toml is “${text}”`);
  await storeDeadLetters(env.DB, [
    { id: 'old', queue: 'notifications', body: '{}', reason: UNDELIVERED, receivedAt: 0 },
  ]);
  const run = runJobs(cronOf('delete-old-rows'), { ...env, SLATE_DAYS: '-1' });
  await expect(run).rejects.toThrow('SLATE_DAYS in wrangler.toml is “-1”: it must be 1 to 36500');
  expect(await env.DB.prepare("select id from dead_letters where id = 'old'").raw()).toHaveLength(1);
});
