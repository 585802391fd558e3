// An account's D1 database with the interface that it has in a Worker, over Cloudflare's API: the part that commands
// use. A batch is one call, and one transaction.

import { type CloudflareApi, CloudflareError } from '../deploy/api.ts';
import { NoAnswerError } from '../local/secret-request.ts';
import type { Pace } from './pace.ts';
import { PassingFailure, withRetries } from './retries.ts';

/** Failures of D1 itself that pass: https://developers.cloudflare.com/d1/observability/debug-d1/ */
const PASSING =
  /\breset because\b|caused object to be reset|connection lost|transient issue|client disconnected|overloaded/i;

type Value = string | number | null;
interface Query {
  sql: string;
  params: readonly Value[];
}
interface Answer {
  results: Record<string, unknown>[];
  success: boolean;
  meta: { changes?: number };
}

export interface DatabaseAccess {
  api: CloudflareApi;
  /** The database's, below the API's address. */
  path: string;
  pace: Pace;
  /** Before a call is repeated the first time. */
  waitMs: number;
}

export function openRemoteDatabase(access: DatabaseAccess): D1Database {
  const queries = new WeakMap<object, Query>();
  const runOne = async (query: Query): Promise<Answer> => (await send(access, query, 1))[0]!;

  function prepare(sql: string, params: readonly Value[] = []): D1PreparedStatement {
    const query = { sql, params };
    const statement = {
      bind: (...values: unknown[]) => prepare(sql, values.map(toValue)),
      all: () => runOne(query),
      run: () => runOne(query),
      async first(column?: string) {
        const row = (await runOne(query)).results[0];
        return column === undefined ? (row ?? null) : (row?.[column] ?? null);
      },
    } as unknown as D1PreparedStatement;
    queries.set(statement, query);
    return statement;
  }
  const batch = (statements: D1PreparedStatement[]) =>
    send(access, { batch: statements.map((statement) => queries.get(statement)!) }, statements.length);
  return { prepare, batch } as unknown as D1Database;
}

function send({ api, path, pace, waitMs }: DatabaseAccess, body: object, length: number): Promise<Answer[]> {
  return withRetries(async () => {
    await pace();
    try {
      const answers = await api.call<Answer[]>('POST', `${path}/query`, body);
      if (answers.length !== length) throw new Error(`D1 answers ${length} statements with ${answers.length} results`);
      return answers;
    } catch (error) {
      if (isPassing(error as Error))
        throw new PassingFailure((error as Error).message, (error as CloudflareError).status === 429, error);
      throw error;
    }
  }, waitMs);
}

const isPassing = (error: Error): boolean =>
  error instanceof NoAnswerError ||
  (error instanceof CloudflareError && (error.status === 429 || error.status >= 500 || PASSING.test(error.message)));

function toValue(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new Error(`commands cannot bind a value of type ${typeof value} in an account’s database`);
}

/**
 * Throws unless the database takes parameters with their types: Cloudflare's reference names strings alone, as which
 * numbers would compare wrongly.
 */
export async function assertTypedParameters(db: D1Database): Promise<void> {
  const types = await db
    .prepare('select typeof(?1) as number, typeof(?2) as text, typeof(?3) as missing')
    .bind(1, '1', null)
    .first<{ number: string; text: string; missing: string }>();
  const { number, text, missing } = types!;
  if (!['integer', 'real'].includes(number) || text !== 'text' || missing !== 'null')
    throw new Error(
      `Cloudflare’s API takes a number as ${number}, a text as ${text} and null as ${missing}: this version cannot ` +
        'work on the database; please report it',
    );
}
