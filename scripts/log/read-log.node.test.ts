import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import type { Slate } from '../../models/contracts/slate.ts';
import { listEntries } from '../../models/contracts/slate-entries.ts';
import { FEATURES, FEATURES_HASH, packFeatures } from '../../models/features/ranking.ts';
import { createRng } from '../../models/features/rng.ts';
import { ImpressionLog } from '../../models/ranking/impressions.ts';
import { addSlate } from '../../tests/add-slate.ts';
import { makeEvent } from '../../tests/event.ts';
import { InteractionLog } from '../../tests/interaction-log.ts';
import { claimFinished } from '../../tests/merge.ts';
import { makeSlate, packEntries, toMessages } from '../../tests/slate.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { exportEvents } from '../../workers/storage/export-events.ts';
import { exportMerges } from '../../workers/storage/export-merges.ts';
import { exportSlates } from '../../workers/storage/export-slates.ts';
import { logAnswers } from '../../workers/storage/slates.ts';
import { readSnapshotManifest } from '../../workers/storage/snapshots.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { fileCache } from './fetch-files.ts';
import { readInteractions, readShownRows } from './read-log.ts';
import { createViews, fetchLog } from './views.ts';

const NOW = Date.UTC(2026, 2, 10);
const state = mkdtempSync(path.join(tmpdir(), 'bloodstream-log-'));
let platform: Platform;

const random = createRng('log');
const draw = (max: number) => Math.floor(random() * max);
const EVENTS = Array.from({ length: 2_400 }, (_, n) => {
  const type = EVENT_TYPES[draw(EVENT_TYPES.length)]!;
  return makeEvent(`player-${draw(90)}`, type, `game-${draw(40)}`, NOW + draw(500) * 1_000, {
    ...{ id: `e${n}`, receivedAt: NOW + n * 60_000, value: type === 'rate' ? 1 + draw(9) / 2 : null },
    ...(n % 3 === 0 ? { recommendationId: `r${draw(200)}` } : {}),
  });
});
const SLATES = Array.from({ length: 200 }, (_, n): Slate => {
  const slate = makeSlate(`r${n}`, `player-${n % 90}`, NOW + n);
  const entries = Array.from({ length: 12 }, (_, index) => ({
    ...{ ...listEntries(slate.entries)[0]!, itemId: `game-${(n + 3 * index) % 40}` },
    ...{ row: index >> 2, column: index & 3, shuffled: index < 4 },
  }));
  const features = Float32Array.from({ length: entries.length * FEATURES.length }, () => random());
  const base64 = Buffer.from(packFeatures(features)).toString('base64');
  return { ...slate, entries: packEntries(entries), featuresHash: FEATURES_HASH, features: base64 };
});

beforeAll(async () => {
  platform = await openPlatform(state);
});
afterAll(async () => {
  await platform.dispose();
  rmSync(state, { recursive: true });
});

/** From before a change of the features. */
const OLD_SLATES = SLATES.map((slate): Slate => {
  return { ...slate, recommendationId: `old-${slate.recommendationId}`, featuresHash: 'old' };
});

async function read() {
  const { BUCKET } = platform;
  const snapshot = (await readSnapshotManifest(BUCKET))!;
  const files = await fetchLog(BUCKET, snapshot, fileCache(state));
  return withDuckDb(async (connection) => {
    await createViews(connection, files);
    return {
      interactions: await readInteractions(connection, () => {}),
      rows: await readShownRows(connection, SLATES.length),
    };
  });
}

it('reads the same from a snapshot’s Parquet files as from the events and slates themselves', async () => {
  const { DB, BUCKET } = platform;
  for (let from = 0; from < EVENTS.length; from += 800) {
    await insertEvents(DB, EVENTS.slice(from, from + 800));
    await exportEvents(DB, 0, BUCKET, NOW, { portionRows: 300 });
  }
  const queue = (slates: Slate[], now: number) => logAnswers(DB, BUCKET, toMessages(slates), 1e9, now);
  for (let from = 0; from < SLATES.length; from += 50)
    await queue([...SLATES.slice(from, from + 50), ...OLD_SLATES.slice(from, from + 50)], NOW);
  // A queue delivers at least once.
  await queue(SLATES.slice(40, 60), NOW + 1);
  expect(await exportSlates(DB, BUCKET, NOW)).toBe(400);
  expect(await exportSlates(DB, BUCKET, NOW)).toBe(0);
  expect((await BUCKET.list({ prefix: 'slate-batches/' })).objects).toEqual([]);

  const log = new InteractionLog();
  const impressions = new ImpressionLog();
  for (const slate of SLATES) addSlate(impressions, slate);
  for (const event of EVENTS) {
    log.add(event);
    impressions.addEvent(event);
  }
  const { interactions, rows } = await read();
  expect(interactions).toEqual(log.collect());
  expect(rows).toEqual(impressions.collect());
  expect(rows.some(({ entries }) => entries.some(({ outcomes }) => outcomes.includes(true)))).toBe(true);

  // Merged guests are the players they became, through a chain of merges.
  await claimFinished(DB, 'player-1', 'player-2', NOW);
  await exportMerges(DB, BUCKET, NOW);
  await claimFinished(DB, 'player-2', 'player-3', NOW);
  await exportMerges(DB, BUCKET, NOW);
  const merged = new InteractionLog();
  for (const event of EVENTS) merged.add({ ...event, userId: event.userId.replace(/^player-[12]$/, 'player-3') });
  expect((await read()).interactions.userIds).toEqual(merged.collect().userIds);

  // A copy that was cut short is fetched again; a file that is missing or altered in R2 is an error.
  const [copy] = readdirSync(fileCache(state));
  truncateSync(path.join(fileCache(state), copy!), 3);
  expect((await read()).interactions.userIds).toEqual(merged.collect().userIds);
  const { key } = (await readSnapshotManifest(BUCKET))!.events[0]!;
  rmSync(fileCache(state), { recursive: true });
  await BUCKET.put(key, 'something else');
  await expect(read()).rejects.toThrow(`the snapshot is damaged: ${key}`);
  await BUCKET.delete(key);
  await expect(read()).rejects.toThrow(`the snapshot is incomplete: ${key}`);
});

it('reads an empty snapshot', async () => {
  const empty = { events: [], slates: [], merges: [] };
  await withDuckDb(async (connection) => {
    await createViews(connection, empty);
    expect((await readInteractions(connection, () => {})).userIds).toEqual([]);
    expect(await readShownRows(connection)).toEqual([]);
  });
});
