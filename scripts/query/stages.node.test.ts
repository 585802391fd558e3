import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EVENTS, MORE_EVENTS, SLATES } from '../../tests/query-log.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import { encodeParquet } from '../../workers/storage/parquet.ts';
import { SLATE_COLUMNS, toSlateRows } from '../../workers/storage/slate-columns.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { listQueries } from './queries.ts';
import { createRangeViews, readRows, writeFile } from './run-query.ts';
import { runStages, splitStages } from './stages.ts';

const ALL = { from: undefined, to: undefined };
const ROWS_MAX = 100;
/** The time of counting, which differs between two runs. */
const CLOCK_COLUMN = 'counted_at';

function writeLog(folder: string) {
  const [events, slates] = [path.join(folder, 'events.parquet'), path.join(folder, 'slates.parquet')];
  const logged = [...EVENTS, ...MORE_EVENTS].map((event, index) => ({ ...event, sequence: index + 1 }));
  writeFileSync(events, encodeParquet(EVENT_COLUMNS, logged, {}));
  writeFileSync(slates, encodeParquet(SLATE_COLUMNS, SLATES.flatMap(toSlateRows), {}));
  return { events: [events], slates: [slates], merges: [] };
}

test.each(listQueries().map(({ name, sql }) => [name, sql] as const))(
  '%s gives the same rows in stages as in one statement',
  (_, sql) =>
    withTemporaryFolder('stages', (folder) =>
      withDuckDb(async (connection) => {
        await createRangeViews(connection, writeLog(folder), ALL);
        const read = async (select: string) => {
          const { columns, rows } = await readRows(connection, select, ROWS_MAX);
          const clock = columns.indexOf(CLOCK_COLUMN);
          return { columns, rows: rows.map((row) => row.filter((_cell, column) => column !== clock)) };
        };
        const whole = await read(sql);
        const final = await runStages(connection, sql, path.join(folder, 'stages.duckdb'));
        expect(await read(final)).toEqual(whole);
        expect(whole.rows).not.toEqual([]);

        // Each CTE has become a table on disk, which the final select reads.
        const stored = "select table_name from duckdb_tables() where database_name = 'stages' order by table_oid";
        const tables = (await connection.runAndReadAll(stored)).getRows().flat();
        expect(tables).toEqual([...sql.matchAll(/^(?:with )?(\w+) as \($/gm)].map(([, name]) => name));
        expect(final).not.toMatch(/^with/m);
        const file = path.join(folder, 'answer.csv');
        await writeFile(connection, final, 'csv', file);
        expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(whole.rows.length + 2);
      }),
    ),
);

test('a stage keeps its text, comments included', () => {
  const sql = `-- Says so.
with a as (
  -- A bracket ) of a comment.
  select ')' as x, 1e0 as y

),
-- Of b.
b as (
  select x from (
    select x from a
  ) a
)
select * from b
`;
  expect(splitStages(sql)).toEqual({
    stages: [
      { name: 'a', sql: "  -- A bracket ) of a comment.\n  select ')' as x, 1e0 as y\n\n" },
      { name: 'b', sql: '  select x from (\n    select x from a\n  ) a\n' },
    ],
    final: 'select * from b\n',
  });
});

test('SQL in another layout is not split', () => {
  for (const sql of [
    'select 1',
    'with a as (select 1 as x)\nselect * from a',
    'with a as (\n  select 1 as x\n),\nb as (select 2 as x)\nselect * from a, b\n',
    'with recursive a as (\n  select 1 as x\n)\nselect * from a\n',
    'with a(x) as (\n  select 1\n)\nselect * from a\n',
  ])
    expect(splitStages(sql)).toEqual({ stages: [], final: sql });
});
