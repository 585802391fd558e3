import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Algorithm, buildVocabulary, type RetrievalModel } from '../../models/algorithms/algorithm.ts';
import { trainItemKnn } from '../../models/algorithms/item-knn.ts';
import { trainTransitions } from '../../models/algorithms/transitions.ts';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import type { CountedAlgorithm, PairCounts } from '../../models/data/pair-counts.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeEvent } from '../../tests/event.ts';
import { InteractionLog } from '../../tests/interaction-log.ts';
import { collectModels } from '../../tests/try-algorithm.ts';
import { EVENT_COLUMNS } from '../../workers/storage/event-columns.ts';
import { encodeParquet } from '../../workers/storage/parquet.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { quoteText } from '../duckdb/quote.ts';
import { listQueries } from '../query/queries.ts';
import { createRangeViews, writeFile } from '../query/run-query.ts';
import { readPairCounts } from './read-counts.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'bloodstream-counts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = Date.UTC(2026, 2, 10);
const random = createRng('counts');
const draw = (max: number) => Math.floor(random() * max);
/** Every type of event, with equal times, retractions, resets, and ratings around the threshold. */
const EVENTS = Array.from({ length: 6_000 }, (_, n) => {
  const type = draw(300) === 0 ? 'reset' : EVENT_TYPES[draw(EVENT_TYPES.length - 1)]!;
  return makeEvent(`player-${draw(40)}`, type, `game-${Math.min(draw(90), draw(90))}`, NOW + draw(900) * 60_000, {
    ...{ id: `e${n}`, value: type === 'rate' ? [3, 3.4, 3.425, 3.43, 3.5, 5][draw(6)]! : null },
    ...(type === 'reset' && { itemId: null }),
  });
});
const ALGORITHMS: Record<CountedAlgorithm, Algorithm> = { transitions: trainTransitions, 'item-knn': trainItemKnn };
const fileOf = (algorithm: string) => path.join(folder, `${algorithm}.parquet`);

beforeAll(async () => {
  const events = path.join(folder, 'events.parquet');
  writeFileSync(
    events,
    encodeParquet(
      EVENT_COLUMNS,
      EVENTS.map((event, index) => ({ ...event, sequence: index + 1 })),
      {},
    ),
  );
  await withDuckDb(async (connection) => {
    await createRangeViews(
      connection,
      { events: [events], slates: [], merges: [] },
      { from: undefined, to: undefined },
    );
    for (const { name, sql } of listQueries())
      if (name in ALGORITHMS) await writeFile(connection, sql, 'parquet', fileOf(name));
  });
});

const readCounts = (algorithm: CountedAlgorithm, file = fileOf(algorithm), erasedAt?: number, pairsMax?: number) =>
  withDuckDb((connection) =>
    readPairCounts(connection, { algorithm, file, erasedAt, ...(pairsMax !== undefined && { pairsMax }) }),
  );

/** Trains with each set of parameters that the search tries, in order. */
async function train(algorithm: CountedAlgorithm, counts?: PairCounts): Promise<RetrievalModel[]> {
  const log = new InteractionLog();
  for (const event of EVENTS) log.add(event);
  const interactions = log.collect();
  const data = {
    ...{ interactions, vocabulary: buildVocabulary(interactions, 1_000), catalogue: new Map() },
    ...{ validation: [], baseModels: [], counts: counts && { [algorithm]: counts } },
  };
  return collectModels(ALGORITHMS[algorithm], data, (_, index) => 1 + index);
}

function readTable({ neighbours, itemIds }: RetrievalModel): Record<string, number> {
  const { perItem, weights, neighbours: others } = neighbours!;
  const cells: Record<string, number> = {};
  weights.forEach((weight, cell) => {
    if (weight !== 0) cells[`${itemIds[Math.floor(cell / perItem)]} ${itemIds[others[cell]!]}`] = weight;
  });
  return cells;
}

test('tables trained from counts equal those from interactions, except for weights by age', async () => {
  for (const algorithm of ['transitions', 'item-knn'] as const) {
    const counted = await train(algorithm, await readCounts(algorithm));
    const own = await train(algorithm);
    const byParameters = new Map(own.map((model) => [JSON.stringify(model.parameters), model]));
    const comparable = counted.filter(({ parameters }) => byParameters.has(JSON.stringify(parameters)));
    expect(comparable.length).toBeGreaterThan(5);
    for (const model of comparable) {
      const expected = readTable(byParameters.get(JSON.stringify(model.parameters))!);
      const cells = readTable(model);
      expect(Object.keys(cells).length).toBeGreaterThan(1_000);
      expect(new Set(Object.keys(cells))).toEqual(new Set(Object.keys(expected)));
      for (const [cell, weight] of Object.entries(expected))
        expect(Math.abs(cells[cell]! / weight - 1), cell).toBeLessThan(1e-5);
    }
    for (const { parameters } of counted) expect(parameters.interactionHalfLifeDays ?? 0).toBe(0);
  }
});

test('the newest interaction is that of the log, and too many pairs keep the largest of each game', async () => {
  const whole = await readCounts('transitions');
  const log = new InteractionLog();
  for (const event of EVENTS) log.add(event);
  expect(whole.countedUntil).toBe(log.collect().timestamps.reduce((latest, at) => Math.max(latest, at)));
  const few = await readCounts('transitions', undefined, undefined, 5 * whole.itemIds.length);
  const largest = ({ starts, sums }: PairCounts, item: number) =>
    Array.from(sums[2]!.subarray(starts[item]!, starts[item + 1]!)).sort((a, b) => b - a);
  expect(few.itemIds).toEqual(whole.itemIds);
  for (const item of whole.itemIds.keys()) expect(largest(few, item)).toEqual(largest(whole, item).slice(0, 5));
});

test('a file that is something else is refused with what it is and how to count', async () => {
  const write = (name: string, sql: string) =>
    withDuckDb(async (connection) => {
      await writeFile(connection, sql, 'parquet', fileOf(name));
      return fileOf(name);
    });
  const transitions = `from read_parquet(${quoteText(fileOf('transitions'))})`;
  const refusals: [file: string, reason: RegExp][] = [
    [path.join(folder, 'nowhere.parquet'), /there is no such file.*npm run query -- transitions --format parquet/],
    [fileOf('item-knn'), /it has no column from_item_id, to_item_id, .*, but item_id, other_item_id/],
    [await write('none', `select * ${transitions} where false`), /it has no pairs/],
    [await write('negative', `select * replace (-sum_100 as sum_100) ${transitions}`), /rows are not two games/],
    [await write('same', `select * replace (from_item_id as to_item_id) ${transitions}`), /rows are not two games/],
    [await write('words', `select * replace ('many' as sum_025) ${transitions}`), /Could not convert string 'many'/],
    [await write('twice', `select * ${transitions} union all select * ${transitions}`), /it has pairs twice/],
  ];
  writeFileSync(fileOf('text'), 'from_item_id,to_item_id\na,b\n');
  refusals.push([fileOf('text'), /cannot train transitions on .*text\.parquet: .*[Pp]arquet/]);
  for (const [file, reason] of refusals) await expect(readCounts('transitions', file), file).rejects.toThrow(reason);

  const runs = path.join(folder, 'runs');
  mkdirSync(runs);
  await write('runs/one', `select * ${transitions}`);
  expect(await readCounts('transitions', runs)).toEqual(await readCounts('transitions'));
  await write('runs/two', `select * replace (counted_until + interval 1 day as counted_until) ${transitions}`);
  await expect(readCounts('transitions', runs)).rejects.toThrow('it has the results of several counts');
});

test('counts that may include a player who was erased since are refused', async () => {
  const now = Date.now();
  expect((await readCounts('transitions', undefined, now - 2 * 3_600_000)).itemIds.length).toBeGreaterThan(0);
  for (const erasedAt of [now - 1_800_000, now + 60_000])
    await expect(readCounts('transitions', undefined, erasedAt)).rejects.toThrow(/a player was erased/);
});
