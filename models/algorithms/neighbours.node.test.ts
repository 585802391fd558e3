import { expect, test } from 'vitest';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';
import { encodeRetrievalModel } from './algorithm.ts';
import { countNeighboursThatFit, createNeighbourModel, TABLE_ROWS_MAX } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';
import { countTableRows } from './tables.ts';

const ITEMS = 40;
/** The last items have no neighbours. */
const ROWS = 35;
const PER_ITEM = 6;
const DECAY = { positionDecay: 0.9, halfLifeDays: 5 };
const itemIds = Array.from({ length: ITEMS }, (_, index) => `g${index}`);
const weightOf = (cell: number) => (cell < ROWS * PER_ITEM ? Math.sin(cell) : 0);
const tables = {
  items: ITEMS,
  perItem: PER_ITEM,
  neighbours: Int32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => (cell * 7) % ITEMS),
  weights: Float32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => weightOf(cell)),
};

test('the model file follows the formula: full, short, empty and unknown histories, and one of dislikes', async () => {
  const history = (length: number, sign: number) =>
    Array.from({ length }, (_, n) => ({ itemId: `g${(n * 3) % ITEMS}`, weight: sign / (n + 1), ageDays: n / 2 }));
  const histories = [
    history(HISTORY_LENGTH + 20, 1),
    history(3, 1),
    [],
    [{ itemId: 'unknown', weight: 1, ageDays: 0 }],
    [{ itemId: `g${ROWS + 1}`, weight: 1, ageDays: 0 }],
    history(5, -1),
  ];
  const largest = Math.max(...tables.weights.map(Math.abs));
  const expected = histories.map((history) => {
    const scores = new Float64Array(ITEMS);
    history.slice(0, HISTORY_LENGTH).forEach(({ itemId, weight, ageDays }, position) => {
      const item = itemIds.indexOf(itemId);
      if (item < 0) return;
      const vote = weight * DECAY.positionDecay ** position * 2 ** (-ageDays / DECAY.halfLifeDays);
      for (let n = item * PER_ITEM; n < (item + 1) * PER_ITEM; n++)
        scores[tables.neighbours[n]!]! += (vote * tables.weights[n]!) / largest;
    });
    return [...scores].map((score) => Math.max(0, score));
  });

  const model = createNeighbourModel({ algorithm: 'example', parameters: {}, itemIds }, tables, DECAY);
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, itemIds);
  const indices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  const scores = await scorer.score(encodeHistories(histories, indices));
  expect(scores).toHaveLength(histories.length * ITEMS);
  // Weights are in half precision, and votes below a thousandth are 0.
  scores.forEach((score, i) => {
    expect(Math.abs(score - expected[Math.floor(i / ITEMS)]![i % ITEMS]!)).toBeLessThan(2e-3);
  });
  expect(await scorer.score(encodeHistories([[]], indices))).toEqual(new Float32Array(ITEMS));
  await scorer.release();
});

test('tables stay within their share of a file, whatever the number of items', () => {
  expect([0, 1, 7, 5000, 25_000].map(countNeighboursThatFit)).toEqual([1, 1, 7, 200, 40]);
});

test('item indices beyond 16 bits are refused, not wrapped around', () => {
  const items = 2 ** 15 + 1;
  const many = {
    items,
    perItem: 1,
    neighbours: new Int32Array(items).fill(items - 1),
    weights: new Float32Array(items),
  };
  const ids = Array.from({ length: items }, (_, index) => `g${index}`);
  const model = createNeighbourModel({ algorithm: 'example', parameters: {}, itemIds: ids }, many, DECAY);
  expect(() => encodeRetrievalModel(model)).toThrow('32769 items are too many');
});

test('a vocabulary may be longer than a table: the items beyond it have no row and no score', async () => {
  const items = TABLE_ROWS_MAX + 10;
  const [first, last] = [0, TABLE_ROWS_MAX - 1];
  const long = { items, perItem: 1, neighbours: new Int32Array(items), weights: new Float32Array(items) };
  long.neighbours[first] = last;
  long.weights.fill(1, first, first + 1);
  long.weights.fill(1, last, last + 1);
  const ids = Array.from({ length: items }, (_, index) => `g${index}`);
  const model = createNeighbourModel({ algorithm: 'example', parameters: {}, itemIds: ids }, long, DECAY);
  const scorer = await openScorer(encodeRetrievalModel(model).bytes, ids);
  const like = (index: number) => ({ itemId: `g${index}`, weight: 1, ageDays: 0 });
  const indices = new Map(ids.map((itemId, index) => [itemId, index]));
  const scores = await scorer.score(encodeHistories([[like(first)], [like(last)], [like(items - 1)]], indices));
  await scorer.release();
  const scored = [0, 1, 2].map((row) => {
    const ofRow = [...scores.subarray(row * items, (row + 1) * items)];
    return ofRow.flatMap((score, item) => (score === 0 ? [] : [[item, score]]));
  });
  expect(scored).toEqual([[[last, 1]], [[first, 1]], []]);
  const vocabulary = { itemIds: ids, indices: new Int32Array(), counts: new Int32Array(items).fill(1) };
  expect(countTableRows(vocabulary)).toBe(TABLE_ROWS_MAX);
  expect(countTableRows({ ...vocabulary, counts: Int32Array.of(2, 1, 0, 0) })).toBe(2);
});

test('the largest values are selected by magnitude, of equal ones the lower index', () => {
  expect(selectLargest(Float32Array.of(0.1, -3, 2, 0, 2, -2, 0.5), 3)).toEqual(Int32Array.of(1, 2, 4));
  expect(selectLargest(Float32Array.of(1, 2), 5)).toEqual(Int32Array.of(0, 1));
  expect(selectLargest(new Float32Array(6), 2)).toEqual(Int32Array.of(0, 1));
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.round(50 * Math.sin(i * i)));
  for (const count of [1, 17, 500, 999, 1000]) {
    const sorted = Array.from(values.keys()).sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
    expect([...selectLargest(values, count)]).toEqual(sorted.slice(0, count).sort((a, b) => a - b));
  }
});
