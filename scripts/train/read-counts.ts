// Reads pair counts from Parquet, as `npm run query -- transitions` and `-- item-knn` or the same SQL on another engine
// wrote them. Refuses any other file.

import { existsSync, statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DISTANCE_EXPONENTS } from '../../models/algorithms/transitions.ts';
import type { CountedAlgorithm, PairCounts } from '../../models/data/pair-counts.ts';
import { quotePath } from '../duckdb/open.ts';
import { streamColumns } from '../duckdb/stream.ts';

/** Maximum in memory; with more pairs, each item keeps those with the largest sums. */
const PAIRS_MAX = 20_000_000;
/** A count may have read a snapshot that is this much older than its time. */
const COUNTING_MS_MAX = 3_600_000;

const TIMES = ['counted_until', 'counted_at'] as const;

interface Layout {
  /** Columns: the items of a pair, and the number of players who have each. */
  items: readonly [string, string];
  players: readonly [string, string];
  sums: readonly string[];
  /** The sum by which the largest pairs are kept. */
  rankedBy: string;
  /** The file has each pair once, for both directions. */
  isSymmetric: boolean;
}

const LAYOUTS: Record<CountedAlgorithm, Layout> = {
  transitions: {
    items: ['from_item_id', 'to_item_id'],
    players: ['from_players', 'to_players'],
    sums: DISTANCE_EXPONENTS.map((exponent) => `sum_${String(100 * exponent).padStart(3, '0')}`),
    rankedBy: 'sum_075',
    isSymmetric: false,
  },
  'item-knn': {
    items: ['item_id', 'other_item_id'],
    players: ['item_players', 'other_players'],
    sums: ['players'],
    rankedBy: 'players',
    isSymmetric: true,
  },
};

export interface CountsRequest {
  algorithm: CountedAlgorithm;
  /** A Parquet file, or a folder of them, as clusters write. */
  file: string;
  /** Time of the last erasure, epoch milliseconds; undefined if nobody was erased. */
  erasedAt: number | undefined;
  pairsMax?: number;
}

/** Throws, with instructions, if the file does not hold such counts, or may include a player who was erased since. */
export async function readPairCounts(connection: DuckDBConnection, request: CountsRequest): Promise<PairCounts> {
  const { algorithm, file, pairsMax = PAIRS_MAX } = request;
  const layout = LAYOUTS[algorithm];
  try {
    await createPairsView(connection, file, layout);
    const { countedAt, countedUntil } = await checkPairs(connection, layout);
    if (request.erasedAt !== undefined && countedAt - COUNTING_MS_MAX < request.erasedAt)
      throw new Error(
        `it was counted at ${toTime(countedAt)}, before or less than an hour after a player was erased ` +
          `(${toTime(request.erasedAt)})`,
      );
    return { ...(await readPairs(connection, layout, pairsMax)), countedUntil };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new Error(
      `cannot train ${algorithm} on ${file}: ${reason}. Count again with \`npm run query -- ${algorithm} --format ` +
        'parquet --output FILE --to DAY`, or with the same SQL elsewhere (docs/queries.md)',
      { cause: error },
    );
  }
}

const toTime = (at: number): string => new Date(at).toISOString();

/** Creates a view of the pairs in both directions: item, other, the players of each, and the sums. */
async function createPairsView(
  connection: DuckDBConnection,
  file: string,
  { items: [item, other], players: [own, others], sums, isSymmetric }: Layout,
): Promise<void> {
  if (!existsSync(file)) throw new Error('there is no such file');
  const source = `read_parquet(${quotePath(file, statSync(file).isDirectory() ? '/**/*.parquet' : '')})`;
  const described = await connection.runAndReadAll(`describe from ${source}`);
  const found = described.getRows().map(([name]) => String(name));
  const missing = [item, other, own, others, ...sums, ...TIMES].filter((name) => !found.includes(name));
  if (missing.length > 0) throw new Error(`it has no column ${missing.join(', ')}, but ${found.join(', ')}`);
  const select = (from: string, to: string, fromPlayers: string, toPlayers: string) =>
    `select ${from}::varchar as item, ${to}::varchar as other, ${fromPlayers}::double as item_players,
     ${toPlayers}::double as other_players, ${sums.map((sum) => `${sum}::float as ${sum}_value`).join()},
     ${TIMES.map((time) => `epoch_ms(${time}::timestamp)::double as ${time}`).join()} from ${source}`;
  const directions = [select(item, other, own, others), ...(isSymmetric ? [select(other, item, others, own)] : [])];
  await connection.run(`create or replace temp view pairs as ${directions.join(' union all ')}`);
}

async function checkPairs(
  connection: DuckDBConnection,
  { sums }: Layout,
): Promise<{ countedAt: number; countedUntil: number }> {
  const positive = ['item_players', 'other_players', ...sums.map((sum) => `${sum}_value`)]
    .map((column) => `isfinite(${column}) and ${column} > 0`)
    .join(' and ');
  const result = await connection.runAndReadAll(
    `select count(*)::double, count(*) filter (where (item <> other and ${positive}) is not true)::double,
     min(counted_until), max(counted_until), min(counted_at) from pairs`,
  );
  const [rows, wrong, earliest, countedUntil, countedAt] = result.getRows()[0] as number[];
  if (rows === 0) throw new Error('it has no pairs');
  if (wrong! > 0) throw new Error(`${wrong} of its rows are not two games with numbers above 0`);
  if (earliest !== countedUntil) throw new Error('it has the results of several counts');
  if (!Number.isFinite(countedUntil) || !Number.isFinite(countedAt)) throw new Error('it has no times');
  return { countedAt: countedAt!, countedUntil: countedUntil! };
}

async function readPairs(
  connection: DuckDBConnection,
  { sums, rankedBy }: Layout,
  pairsMax: number,
): Promise<Omit<PairCounts, 'countedUntil'>> {
  await connection.run(
    `create or replace temp table counted_items as
     select item, max(players) as players, row_number() over (order by item) - 1 as number
     from (select item, item_players as players from pairs union all select other, other_players from pairs)
     group by item`,
  );
  const listed = await connection.runAndReadAll('select item, players from counted_items order by number');
  const [itemIds, players] = listed.getColumns() as [string[], number[]];
  const perItem = Math.max(1, Math.floor(pairsMax / itemIds.length));
  const counted = await connection.runAndReadAll(
    `select n.number, least(count(*), ${perItem})::integer from pairs p join counted_items n on n.item = p.item
     group by n.number`,
  );
  const starts = new Int32Array(itemIds.length + 1);
  for (const [number, kept] of counted.getRows()) starts[Number(number) + 1] = Number(kept);
  for (let item = 0; item < itemIds.length; item++) starts[item + 1]! += starts[item]!;
  const others = new Int32Array(starts.at(-1)!);
  const columns = sums.map(() => new Float32Array(others.length));
  let length = 0;
  const sql = `select a.number::integer, b.number::integer, ${sums.map((sum) => `${sum}_value`).join()} from pairs p
    join counted_items a on a.item = p.item join counted_items b on b.item = p.other
    qualify row_number() over (partition by p.item order by ${rankedBy}_value desc, b.number) <= ${perItem}
    order by a.number, b.number`;
  let last: [number, number] | undefined;
  for await (const [froms, tos, ...values] of streamColumns(connection, sql)) {
    for (let row = 0; row < froms!.length; row++) {
      const pair: [number, number] = [froms![row] as number, tos![row] as number];
      if (last?.[0] === pair[0] && last[1] === pair[1]) throw new Error('it has pairs twice');
      last = pair;
      others[length] = pair[1];
      columns.forEach((column, n) => {
        column[length] = values[n]![row] as number;
      });
      length++;
    }
  }
  return { itemIds, players: Float64Array.from(players), starts, others, sums: columns };
}
