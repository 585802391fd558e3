// Polars reads the log's files by itself: an engine that shares no code with those that write them. It must read what
// DuckDB reads. Its SQL takes one of the queries (docs/queries.md). npm leaves its binary out under a Node older than
// 22: then these tests are skipped locally; in CI they fail.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVENTS, MORE_EVENTS, SLATES } from '../../tests/query-log.ts';
import { toMessages } from '../../tests/slate.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { logAnswers } from '../../workers/storage/slates.ts';
import { readFile } from '../../workers/storage/snapshot-files.ts';
import { readSnapshotManifest } from '../../workers/storage/snapshots.ts';
import { quoteText, withDuckDb } from '../duckdb/open.ts';
import { withPlatform } from '../local/platform.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { exportLog } from '../log/catch-up.ts';
import { compactLog } from '../log/compact.ts';
import { fileCache } from '../log/fetch-files.ts';

const polars = await import('nodejs-polars').catch(() => undefined);
if (polars === undefined && process.env.CI) throw new Error('Polars is not installed: see .ci/run.');

const state = mkdtempSync(path.join(tmpdir(), 'bloodstream-polars-'));
/** A copy of the bucket. */
const bucket = path.join(state, 'bucket');
const LISTS = ['events', 'slates'] as const;
const scan = (list: string) => polars!.default.scanParquet(path.join(bucket, 'log', list), { hivePartitioning: true });
const readParquet = (list: string) =>
  `read_parquet(${quoteText(path.join(bucket, 'log', list, '*/*.parquet'))}, hive_partitioning = true)`;

const readRows = async (connection: DuckDBConnection, sql: string) =>
  (await connection.runAndReadAll(sql)).getRowObjectsJson();

describe.skipIf(polars === undefined)('Polars', () => {
  /** Archives events and slates through D1 and R2, and compacts the days that have several files. */
  beforeAll(async () => {
    await withPlatform(state, async (stores) => {
      const { DB, BUCKET } = stores;
      await logAnswers(DB, BUCKET, toMessages(SLATES), 1e9, Date.now());
      for (const events of [EVENTS, MORE_EVENTS]) {
        await insertEvents(DB, events);
        await exportLog(stores, () => {});
      }
      const compacted = await compactLog(BUCKET, fileCache(state), Date.now());
      const snapshot = (await readSnapshotManifest(BUCKET))!;
      // Files that hyparquet-writer wrote, and such that DuckDB wrote.
      expect(compacted.length).toBeGreaterThan(0);
      expect(snapshot.events.length).toBeGreaterThan(compacted.length);
      for (const file of [...snapshot.events, ...snapshot.slates]) {
        const copy = path.join(bucket, file.key);
        mkdirSync(path.dirname(copy), { recursive: true });
        writeFileSync(copy, await readFile(BUCKET, file));
      }
    });
  });
  afterAll(() => rmSync(state, { recursive: true }));

  test.each(LISTS)('Polars reads every value of %s that DuckDB reads', async (list) => {
    const rewritten = path.join(state, `${list}.parquet`);
    scan(list).collectSync().writeParquet(rewritten, { compression: 'uncompressed' });
    await withDuckDb(async (connection) => {
      const [ours, theirs] = [`from ${readParquet(list)}`, `from read_parquet(${quoteText(rewritten)})`];
      const rows = list === 'events' ? EVENTS.length + MORE_EVENTS.length : SLATES.length;
      expect((await readRows(connection, theirs)).length).toBe(rows);
      expect(await readRows(connection, `(${ours}) except all (${theirs})`)).toEqual([]);
      expect(await readRows(connection, `(${theirs}) except all (${ours})`)).toEqual([]);
    });
  });

  const COUNTS = `select cast(day as varchar) as day, type, cast(count(*) as varchar) as events,
    cast(sum(sequence) as varchar) as sequences from events group by day, type order by day, type`;

  test('both count the same events of each day and type', async () => {
    const counted = polars!.default
      .SQLContext({ events: scan('events') })
      .execute(COUNTS, { eager: true })
      .toRecords();
    await withDuckDb(async (connection) => {
      await connection.run(`create view events as from ${readParquet('events')}`);
      expect(counted).toEqual(await readRows(connection, COUNTS));
    });
    expect(counted).toContainEqual({ day: '2026-03-09', type: 'play', events: '3', sequences: '18' });
  });

  test('the program in docs/queries.md runs a query over a copy of the bucket', () => {
    const docs = readFileSync(path.join(PROJECT_DIR, 'docs/queries.md'), 'utf8');
    const [, program] = /```js\n(import [^`]*`[^`]*`[^`]*)```/.exec(docs)!;
    for (const name of ['node_modules', 'queries']) symlinkSync(path.join(PROJECT_DIR, name), path.join(bucket, name));
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program!], {
      cwd: bucket,
      encoding: 'utf8',
    });
    expect(printed).toContain('│ 2026-03-24 ┆ 1       ┆ 2      │');
  });
});
