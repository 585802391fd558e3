import { expect, test } from 'vitest';
import { HISTORY_LENGTH } from '../contracts/release.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../training/session.ts';
import { encodeNeighbours } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';

const ITEMS = 40;
const PER_ITEM = 6;
const HALF_LIFE_DAYS = 5;
const itemIds = Array.from({ length: ITEMS }, (_, place) => `g${place}`);
const tables = {
  items: ITEMS,
  perItem: PER_ITEM,
  neighbours: Int32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => (cell * 7) % ITEMS),
  weights: Float32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => Math.sin(cell)),
};

test('the model file says what the formula says: full, short, empty and unknown histories, and one of dislikes', async () => {
  const { file, plain } = encodeNeighbours(tables, HALF_LIFE_DAYS, {});
  const history = (length: number, sign: number) =>
    Array.from({ length }, (_, n) => ({ itemId: `g${(n * 3) % ITEMS}`, weight: sign / (n + 1), ageDays: n / 2 }));
  const histories = [
    history(HISTORY_LENGTH + 20, 1),
    history(3, 1),
    [],
    [{ itemId: 'unknown', weight: 1, ageDays: 0 }],
    history(5, -1),
  ];
  const expected = histories.map((history) => {
    const scores = new Float64Array(ITEMS);
    for (const { itemId, weight, ageDays } of history.slice(0, HISTORY_LENGTH)) {
      const place = itemIds.indexOf(itemId);
      if (place < 0) continue;
      for (let n = place * PER_ITEM; n < (place + 1) * PER_ITEM; n++)
        scores[tables.neighbours[n]!]! += weight * 2 ** (-ageDays / HALF_LIFE_DAYS) * tables.weights[n]!;
    }
    return [...scores];
  });

  const scorer = await openScorer(file, itemIds);
  const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
  const scores = await scorer.score(encodeHistories(histories, places));
  expect(scores).toHaveLength(histories.length * ITEMS);
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(expected[Math.floor(i / ITEMS)]![i % ITEMS]!, 5);
  });
  const nothing = await scorer.score(encodeHistories([[]], places));
  expect(nothing).toEqual(new Float32Array(ITEMS));
  await scorer.release();

  const view = new DataView(file.buffer, file.byteOffset);
  for (let cell = 0; cell < ITEMS * PER_ITEM; cell++) {
    expect(view.getInt32(plain.neighboursOffset + 4 * cell, true)).toBe(tables.neighbours[cell]);
    expect(view.getFloat32(plain.weightsOffset + 4 * cell, true)).toBe(tables.weights[cell]);
  }
});

test('the largest values are found by magnitude, equal ones in favour of the lower place', () => {
  expect(selectLargest(Float32Array.of(0.1, -3, 2, 0, 2, -2, 0.5), 3)).toEqual(Int32Array.of(1, 2, 4));
  expect(selectLargest(Float32Array.of(1, 2), 5)).toEqual(Int32Array.of(0, 1));
  expect(selectLargest(new Float32Array(6), 2)).toEqual(Int32Array.of(0, 1));
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.round(50 * Math.sin(i * i)));
  for (const count of [1, 17, 500, 999, 1000]) {
    const sorted = Array.from(values.keys()).sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
    expect([...selectLargest(values, count)]).toEqual(sorted.slice(0, count).sort((a, b) => a - b));
  }
});
