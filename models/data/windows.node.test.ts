import { expect, test } from 'vitest';
import { createRandom } from './random.ts';
import { packEpoch } from './windows.ts';

test('an epoch holds every step from one item to the next once, newest first, and no row mixes windows', () => {
  // Items tell their player and place, so that each pair can be recognised.
  const lengths = [0, 1, 2, 3, 5, 8, 9, 40];
  const sequences = lengths.map((length, user) => Int32Array.from({ length }, (_, place) => 100 * user + place));
  const expected = sequences.flatMap((sequence) => [...sequence].slice(1).map((item) => `${item - 1}→${item}`));
  for (const seed of [1, 2, 3]) {
    const batches = [...packEpoch(sequences, { rows: 2, length: 8 }, createRandom(seed, 'windows'))];
    const pairs: string[] = [];
    for (const { items, targets, segmentIds: windows } of batches) {
      expect(items).toHaveLength(16);
      for (let cell = 0; cell < 16; cell++) {
        if (windows[cell] === 0) continue;
        pairs.push(`${items[cell]}→${targets[cell]}`);
        const sameWindow = cell % 8 > 0 && windows[cell] === windows[cell - 1];
        if (sameWindow) expect(targets[cell]).toBe(items[cell - 1]);
      }
    }
    expect(pairs.sort()).toEqual(expected.sort());
  }
});

test('the same seed packs the same rows, another seed others', () => {
  const sequences = Array.from({ length: 30 }, (_, user) => Int32Array.of(user, user + 1, user + 2));
  const pack = (seed: number) => [...packEpoch(sequences, { rows: 4, length: 16 }, createRandom(seed, 'windows'))];
  expect(pack(1)).toEqual(pack(1));
  expect(pack(1)).not.toEqual(pack(2));
});
