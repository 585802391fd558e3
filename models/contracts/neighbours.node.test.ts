import { expect, test } from 'vitest';
import { decodeNeighbourFile, encodeNeighbourFile } from './neighbours.ts';

const tables = {
  items: 3,
  perItem: 2,
  neighbours: Int32Array.of(1, 2, 0, 0, 1, 0),
  weights: Float32Array.of(1, 0.5, 1, 0, 0.25, 0.25),
};

test('a file of neighbours has 8 bytes per neighbour, little-endian, and decodes to the same tables', () => {
  const file = encodeNeighbourFile(tables);
  expect(file).toHaveLength(8 * 6);
  const view = new DataView(file.buffer);
  expect(view.getInt32(4, true)).toBe(2);
  expect(view.getFloat32(24 + 4, true)).toBe(0.5);
  expect(decodeNeighbourFile(file, 3, 2)).toEqual({ ok: true, value: tables });
});

test('a file that is cut off or has impossible values is refused with the reason', () => {
  const reason = (change: Partial<typeof tables>) =>
    decodeNeighbourFile(encodeNeighbourFile({ ...tables, ...change }), 3, 2);
  const file = encodeNeighbourFile(tables);
  expect(decodeNeighbourFile(file.subarray(0, 47), 3, 2)).toMatchObject({ error: expect.stringContaining('47 bytes') });
  expect(decodeNeighbourFile(file, 4, 2)).toMatchObject({ error: expect.stringContaining('4 items take 64') });
  for (const itemIndex of [-1, 3])
    expect(reason({ neighbours: Int32Array.of(1, itemIndex, 0, 0, 1, 0) })).toMatchObject({
      error: `a neighbour with index ${itemIndex} in a vocabulary of 3 items`,
    });
  for (const weights of [
    [1.5, 1],
    [1, -0.5],
    [0.5, 0.6],
    [Number.NaN, 0],
  ])
    expect(reason({ weights: Float32Array.of(...weights, 1, 0, 0.25, 0.25) })).toMatchObject({
      error: expect.stringContaining("a neighbour's weight of"),
    });
  expect(reason({ neighbours: Int32Array.of(0, 2, 0, 0, 1, 0) })).toMatchObject({
    error: 'item 0 is its own neighbour',
  });
});
