import { expect, test } from 'vitest';
import { decodeNeighbourFile, encodeNeighbourFile, type NeighbourTables } from '../contracts/neighbours.ts';
import { createRandom } from '../data/random.ts';
import { collectNeighbours } from './nearest.ts';

/** The neighbours of one item: [item index, weight]. */
const rowOf = ({ perItem, neighbours, weights }: NeighbourTables, item: number): [number, number][] =>
  Array.from({ length: perItem }, (_, n): [number, number] => [
    neighbours[item * perItem + n]!,
    weights[item * perItem + n]!,
  ]).filter(([, weight]) => weight > 0);

test('finds the nearest by angle, as a sort of all angles does; a vector of zeros is near nothing', async () => {
  const [items, width, perItem] = [700, 5, 12];
  const random = createRandom(1, 'nearest');
  const data = Float32Array.from({ length: items * width }, () => random.normal());
  data.fill(0, 3 * width, 4 * width);
  const tables = await collectNeighbours(
    { model: { itemVectors: { data, width } }, content: undefined, counts: new Int32Array(items).fill(9) },
    perItem,
  );
  const vectorOf = (item: number) => [...data.subarray(item * width, (item + 1) * width)];
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, value, n) => sum + value * b[n]!, 0) / Math.hypot(...a) / Math.hypot(...b);
  for (const item of [0, 1, 255, 256, 699]) {
    const angles = Array.from({ length: items }, (_, other): [number, number] => [
      other,
      cosine(vectorOf(item), vectorOf(other)),
    ]);
    const expected = angles.filter(([other]) => other !== item && other !== 3).sort(([, a], [, b]) => b - a);
    const row = rowOf(tables, item);
    expect(row.map(([index]) => index)).toEqual(expected.slice(0, perItem).map(([index]) => index));
    row.forEach(([, weight], n) => {
      expect(weight).toBeCloseTo(expected[n]![1] / expected[0]![1], 5);
    });
  }
  expect(rowOf(tables, 3)).toEqual([]);
});

test('takes neighbours from the model for items with enough players, and from content for the others', async () => {
  // Items 0–2 have enough players; the content of 0 and 3 is similar, and that of 1 and 4.
  const byModel = {
    items: 5,
    perItem: 4,
    neighbours: Int32Array.of(0, 1, 2, 4, 0, 2, 3, 4, 0, 0, 0, 0, 0, 1, 2, 4, 0, 1, 2, 3),
    weights: Float32Array.of(9, 0.1, 0.4, -0.9, 2, -1, 4, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
  };
  const content = { width: 2, data: Float32Array.of(1, 0, 0, 3, -1, 0, 2, 0, 1, 1) };
  const sources = { model: { neighbours: byModel }, content, counts: Int32Array.of(9, 5, 5, 4, 0) };
  const tables = await collectNeighbours(sources, 2);
  // Not itself, no negative weights, the nearest first and at 1.
  expect(rowOf(tables, 0)).toEqual([
    [2, 1],
    [1, 0.25],
  ]);
  // Item 3 has too few players, item 4 none.
  expect(rowOf(tables, 1)).toEqual([[0, 1]]);
  // The model has no neighbours of item 2, and its content points away from all the others.
  expect(rowOf(tables, 2)).toEqual([]);
  expect(rowOf(tables, 3).map(([index]) => index)).toEqual([0, 4]);
  expect(rowOf(tables, 4).map(([index]) => index)).toEqual([0, 1]);

  const byContent = await collectNeighbours({ ...sources, model: {} }, 50);
  expect(byContent.perItem).toBe(5);
  expect(rowOf(byContent, 0).map(([index]) => index)).toEqual([3, 4]);
  expect(decodeNeighbourFile(encodeNeighbourFile(byContent), 5, 5)).toEqual({ ok: true, value: byContent });
});

test('a single item, and one without data, have no neighbours', async () => {
  const one = await collectNeighbours({ model: {}, content: undefined, counts: Int32Array.of(9) }, 50);
  expect(decodeNeighbourFile(encodeNeighbourFile(one), 1, 1)).toEqual({ ok: true, value: one });
  expect(rowOf(one, 0)).toEqual([]);
});

test('a large catalogue has fewer neighbours per item, and vectors of its first items alone are enough', async () => {
  const items = 100_000;
  const model = { itemVectors: { data: Float32Array.of(1, 0, 1, 0.5, 0, 1), width: 2 } };
  const tables = await collectNeighbours({ model, content: undefined, counts: new Int32Array(items).fill(9) }, 50);
  expect(tables.perItem).toBe(20);
  expect([0, 1, 2, 3].map((item) => rowOf(tables, item).map(([index]) => index))).toEqual([[1], [0, 2], [1], []]);
});
