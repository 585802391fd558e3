import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { at, EVENTS, MORE_EVENTS, SLATES } from '../../tests/query-log.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import { encodeParquet } from '../../workers/storage/parquet.ts';
import { SLATE_COLUMNS, toSlateRows } from '../../workers/storage/slate-columns.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { listQueries, parseQuery } from './queries.ts';
import { createRangeViews, type DayRange, readRows, selectFiles, writeFile } from './run-query.ts';
import { formatTable } from './table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'bloodstream-query-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeLog(written: readonly PlayerEvent[]) {
  const [events, slates] = [path.join(folder, 'events.parquet'), path.join(folder, 'slates.parquet')];
  const logged = written.map((one, index) => ({ ...one, sequence: index + 1 }));
  writeFileSync(events, encodeParquet(EVENT_COLUMNS, logged, {}));
  // The queue delivered one twice.
  writeFileSync(slates, encodeParquet(SLATE_COLUMNS, [...SLATES, SLATES[1]!].flatMap(toSlateRows), {}));
  return { events: [events], slates: [slates], merges: [] };
}
const ALL: DayRange = { from: undefined, to: undefined };
const ask = (name: string, range = ALL, written: readonly PlayerEvent[] = EVENTS) =>
  withDuckDb(async (connection) => {
    await createRangeViews(connection, writeLog(written), range);
    return readRows(connection, listQueries().find((one) => one.name === name)!.sql, 100);
  });
const numbers = (rows: unknown[][]) =>
  rows.map((row) => row.map((cell) => (typeof cell === 'string' && /^\d+$/.test(cell) ? Number(cell) : cell)));

test('each query gives what a count by hand gives', async () => {
  const rows = async (name: string, range?: DayRange) => numbers((await ask(name, range)).rows);
  expect(await rows('players-per-day')).toEqual([
    ['2026-03-24', 1, 2],
    ['2026-03-17', 1, 1],
    ['2026-03-10', 1, 1],
    ['2026-03-09', 2, 4],
  ]);
  expect(await rows('popularity')).toEqual([
    ['a', 2, 1, 1],
    ['b', 2, 0, 1],
    ['c', 1, 0, 0],
  ]);
  // Without the last column, the time of the count. From a to c there are two steps.
  const counted = async (name: string) => (await rows(name)).map((row) => row.slice(0, -1));
  const until = '2026-03-17 00:00:00';
  expect(await counted('transitions')).toEqual([
    ['a', 'b', 2, 2, 2, 2, 2, 2, 2, 2, until],
    ['a', 'c', 1, 2, 1, 2 ** -0.25, 2 ** -0.5, 2 ** -0.75, 0.5, 2 ** -1.5, until],
    ['b', 'c', 1, 2, 1, 1, 1, 1, 1, 1, until],
  ]);
  expect(await counted('item-knn')).toEqual([
    ['a', 'b', 2, 2, 2, until],
    ['a', 'c', 1, 2, 1, until],
    ['b', 'c', 1, 2, 1, until],
  ]);
  expect(await rows('retention')).toEqual([
    ['2026-03-09', 0, 2, 2, 1],
    ['2026-03-09', 1, 2, 1, 0.5],
    ['2026-03-23', 0, 1, 1, 1],
  ]);
  // A slate that was logged with a quarter's probability stands for four.
  expect(await rows('click-through')).toEqual([
    ['top-picks', 'online', 'v1', 5, 1, 0.2],
    ['top-picks', 'nearline', null, 1, 0, 0],
  ]);
  expect(await rows('players-per-day', { from: '2026-03-10', to: '2026-03-17' })).toEqual([
    ['2026-03-17', 1, 1],
    ['2026-03-10', 1, 1],
  ]);
  expect(await rows('click-through', { from: undefined, to: '2026-03-23' })).toEqual([]);
});

test('games taken back, rated badly or forgotten are not popular; games with ratings alone are', async () => {
  expect(numbers((await ask('popularity', ALL, MORE_EVENTS)).rows)).toEqual([['b', 2, 1, 0]]);
});

test('retention counts weeks of the calendar, not weeks with events, and no impressions', async () => {
  const { rows } = await ask('retention', ALL, MORE_EVENTS);
  const ofFlo = numbers(rows).filter(([week]) => week === '2024-02-26');
  expect(ofFlo.map(([, later, players]) => [later, players])).toEqual([0, 1, 5, 58, 106, 111].map((week) => [week, 1]));
  expect(rows).toHaveLength(ofFlo.length + 1);
});

test('a result is written as CSV, JSON and Parquet', async () => {
  const { sql } = listQueries().find(({ name }) => name === 'popularity')!;
  await withDuckDb(async (connection) => {
    await createRangeViews(connection, writeLog(EVENTS), ALL);
    const write = async (format: 'csv' | 'json' | 'parquet') => {
      const file = path.join(folder, `result.${format}`);
      await writeFile(connection, sql, format, file);
      return file;
    };
    expect(readFileSync(await write('csv'), 'utf8')).toBe('item_id,players,buyers,played\na,2,1,1\nb,2,0,1\nc,1,0,0\n');
    expect(JSON.parse(readFileSync(await write('json'), 'utf8'))[0]).toEqual({
      ...{ item_id: 'a', players: 2, buyers: 1, played: 1 },
    });
    const stored = await readRows(connection, `from '${await write('parquet')}'`, 2);
    expect([stored.rows.length, stored.total]).toEqual([2, 3]);
    expect(numbers(stored.rows)[1]).toEqual(['b', 2, 0, 1]);
  });
});

test('only files that may hold rows of the range are read', () => {
  const file = (first: number, last: number) => ({ times: [at(first), at(last)] }) as never;
  const files = { events: [file(0, 3), file(4, 4), file(5, 9)], slates: [file(0, 0)], merges: [file(0, 0)] };
  const selected = selectFiles(files, { from: '2026-03-13', to: '2026-03-13' });
  expect(selected.events).toEqual([files.events[1]]);
  expect(selected.slates).toEqual([]);
  expect(selected.merges).toEqual(files.merges);
  expect(selectFiles(files, { from: undefined, to: '2026-03-12' }).events).toEqual(files.events.slice(0, 1));
});

test('a table has bars in proportion, and says how many rows it leaves out', () => {
  const chart = { label: 'day', value: 'players' };
  const table = formatTable(
    {
      columns: ['day', 'players', 'share'],
      rows: [
        ['mon', '12', 0.123456],
        ['tue', '6', null],
        ['wed', '0', 1],
      ],
      total: 3,
    },
    chart,
  );
  expect(table.split('\n')).toEqual([
    'day  players   share',
    `mon       12  0.1235  ${'█'.repeat(30)}`,
    `tue        6       –  ${'█'.repeat(15)}`,
    'wed        0       1',
  ]);
  const first = { columns: ['n'], rows: [[1], [2]], total: 1_012 };
  expect(formatTable(first, undefined)).toMatch(/… and 1,010 more rows; --format csv/);
  expect(formatTable({ columns: ['n'], rows: [], total: 0 }, undefined)).toBe('No rows.');
});

test('every query says what it answers, and its chart names its own columns', async () => {
  for (const { name, summary, chart } of listQueries()) {
    expect(summary, name).toMatch(/\.$/);
    if (chart !== undefined) expect((await ask(name)).columns).toEqual(expect.arrayContaining(Object.values(chart)));
  }
  expect(parseQuery('x', '-- Says so.\nselect 1').chart).toBeUndefined();
});
