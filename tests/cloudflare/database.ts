// A D1 database of the stand-in, over Node's own SQLite, with the limits of
// https://developers.cloudflare.com/d1/platform/limits/.

import { DatabaseSync } from 'node:sqlite';
import { Refusal } from './account.ts';

const STATEMENT_BYTES_MAX = 100_000;
const PARAMETERS_MAX = 100;
const VALUE_BYTES_MAX = 2_000_000;

export interface Query {
  sql: string;
  params?: unknown[];
}
export interface QueryAnswer {
  results: Record<string, unknown>[];
  success: true;
  meta: { changes: number; duration: number };
}

/** Runs the queries as one transaction. A script of several statements has no parameters and no rows. */
export function runQueries(database: DatabaseSync, queries: readonly Query[]): QueryAnswer[] {
  for (const query of queries) assertWithinLimits(query);
  try {
    database.exec('begin');
    const answers = queries.map((query) => run(database, query));
    database.exec('commit');
    return answers;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw new Refusal(400, 7500, `${(error as Error).message}: SQLITE_ERROR`);
  }
}

function run(database: DatabaseSync, { sql, params }: Query): QueryAnswer {
  const before = countChanges(database);
  const results = params === undefined && !/^\s*(select|pragma)\b/i.test(sql) ? [] : readRows(database, sql, params);
  if (params === undefined && results.length === 0) database.exec(sql);
  return { results, success: true, meta: { changes: countChanges(database) - before, duration: 1 } };
}

function readRows(database: DatabaseSync, sql: string, params: unknown[] = []): Record<string, unknown>[] {
  const statement = database.prepare(sql);
  statement.setAllowUnknownNamedParameters(true);
  const named = Object.fromEntries(params.map((value, index) => [`?${index + 1}`, value as string]));
  return statement.all(named) as Record<string, unknown>[];
}

const countChanges = (database: DatabaseSync): number =>
  Number(database.prepare('select total_changes() as n').get()!.n);

function assertWithinLimits({ sql, params = [], ...rest }: Query): void {
  const refuse = (message: string) => new Refusal(400, 7400, message);
  if (Object.keys(rest).length > 0) throw refuse(`unknown field ${Object.keys(rest)[0]}`);
  if (typeof sql !== 'string') throw refuse('The request is malformed: sql is not a string');
  if (params.length > 0 && Buffer.byteLength(sql) > STATEMENT_BYTES_MAX)
    throw refuse('statement too long: SQLITE_TOOBIG');
  if (params.length > PARAMETERS_MAX) throw refuse('too many SQL variables');
  for (const value of params) {
    if (value !== null && typeof value !== 'string' && typeof value !== 'number')
      throw refuse(`The request is malformed: a parameter is ${typeof value}`);
    if (typeof value === 'string' && Buffer.byteLength(value) > VALUE_BYTES_MAX)
      throw refuse('string or blob too big: SQLITE_TOOBIG');
  }
}

export const createSqlite = (): DatabaseSync => new DatabaseSync(':memory:');
