// The queries on engines other than DuckDB. Trino and Spark need a server, so they are asked for their grammar alone;
// Postgres, which is strict about types and grouping, runs here and must give what DuckDB gives.

import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import { SparkSQL, TrinoSQL } from 'dt-sql-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENTS, MORE_EVENTS, SLATES } from '../../tests/query-log.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import type { Column } from '../../workers/storage/parquet.ts';
import { SLATE_COLUMNS, toSlateRows } from '../../workers/storage/slate-columns.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { listQueries } from './queries.ts';

const QUERIES = listQueries().map(({ name, sql }) => [name, sql] as const);
/** Times of counting, which differ between two runs. */
const CLOCK_COLUMN = 'counted_at';

const TYPES = {
  text: 'varchar',
  integer: 'integer',
  long: 'bigint',
  number: 'double precision',
  time: 'timestamp',
  flag: 'boolean',
};

const TABLES = {
  events: describeTable(
    EVENT_COLUMNS,
    [...EVENTS, ...MORE_EVENTS].map((event, index) => ({ ...event, sequence: index + 1 })),
  ),
  slates: describeTable(SLATE_COLUMNS, SLATES.flatMap(toSlateRows)),
};

/** Columns and rows in what both engines read: SQL types that both know, and JSON. */
function describeTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const used = columns.filter(({ type }) => type !== 'bytes');
  return {
    columns: used.map(({ name, type }) => `${name} ${TYPES[type as keyof typeof TYPES]}`).join(),
    json: JSON.stringify(
      rows.map((row) => Object.fromEntries(used.map((column) => [column.name, readCell(column, row)]))),
    ),
  };
}

function readCell<Row>({ type, read }: Column<Row>, row: Row): unknown {
  const value = read(row);
  return type === 'time' ? new Date(value as number).toISOString().slice(0, -1) : value;
}

let postgres: PGlite;
let duckDb: Map<string, unknown[]>;
beforeAll(async () => {
  duckDb = await runAllInDuckDb();
  postgres = await PGlite.create();
  for (const [name, { columns, json }] of Object.entries(TABLES)) {
    await postgres.exec(`create table ${name} (${columns})`);
    await postgres.query(`insert into ${name} select * from json_populate_recordset(null::${name}, $1)`, [json]);
  }
});
afterAll(() => postgres.close());

async function runInPostgres(sql: string): Promise<unknown[]> {
  const asText = (text: string) => text;
  const parsers = { [types.DATE]: asText, [types.TIMESTAMP]: asText };
  return normalise((await postgres.query<Record<string, unknown>>(sql, [], { parsers })).rows);
}

/** Every query's rows, by its name. `schema`: of the tables. */
const runAllInDuckDb = (queries = QUERIES, schema = 'main'): Promise<Map<string, unknown[]>> =>
  withDuckDb(async (connection) => {
    await connection.run(`create schema if not exists ${schema}`);
    for (const [name, { columns, json }] of Object.entries(TABLES)) {
      const shape = JSON.stringify([Object.fromEntries(columns.split(',').map((column) => column.split(/ (.*)/)))]);
      await connection.run(`create table ${schema}.${name} (${columns})`);
      await connection.run(`insert into ${schema}.${name} select unnest(from_json($1, $2), recursive := true)`, [
        json,
        shape,
      ]);
    }
    const answers = new Map<string, unknown[]>();
    for (const [name, sql] of queries)
      answers.set(name, normalise((await connection.runAndReadAll(sql)).getRowObjectsJson()));
    return answers;
  });

/** Engines differ in the types of counts and quotients, and in the last digits of sums. */
const normalise = (rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.map((row) =>
    Object.entries(row)
      .filter(([column]) => column !== CLOCK_COLUMN)
      .map(([column, value]) => [column, isNumber(value) ? Number(Number(value).toPrecision(12)) : value]),
  );
const isNumber = (value: unknown) => typeof value === 'number' || /^-?\d+(\.\d+)?$/.test(String(value));

test.each(QUERIES)('%s gives the same rows in Postgres as in DuckDB', async (name, sql) => {
  expect(duckDb.get(name)).not.toEqual([]);
  expect(await runInPostgres(sql)).toEqual(duckDb.get(name));
});

const GRAMMARS = { Trino: new TrinoSQL(), Spark: new SparkSQL() };

test.each(Object.entries(GRAMMARS))('every query is in the grammar of %s', (_, grammar) => {
  for (const [name, sql] of QUERIES) expect(grammar.validate(sql), name).toEqual([]);
  // Syntax that only DuckDB knows, to show that the grammar refuses it.
  expect(grammar.validate('from events select * exclude (user_id)')).not.toEqual([]);
});

test('the command in docs/queries.md gives the tables of every query the namespace that Basin SQL wants', async () => {
  const docs = readFileSync(path.join(PROJECT_DIR, 'docs/queries.md'), 'utf8');
  const [, sed] = /^sql=\$\((sed .+) queries\/players-per-day\.sql\)$/m.exec(docs)!;
  const named = QUERIES.map(
    ([name]) => [name, execSync(`${sed} queries/${name}.sql`, { cwd: PROJECT_DIR, encoding: 'utf8' })] as const,
  );
  for (const [name, sql] of named) expect(sql, name).toMatch(/^(with|select)\b/);
  expect(await runAllInDuckDb(named, 'bloodstream')).toEqual(duckDb);
});

test('no literal is a decimal: Trino rounds the quotient of decimals to their scale', () => {
  for (const [name, sql] of QUERIES)
    expect(/\b\d+\.\d+\b(?!e)/.exec(sql.replaceAll(/^--.*$/gm, ''))?.[0], name).toBeUndefined();
});
