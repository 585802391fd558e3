import { expect, test } from 'vitest';
import { joinSequences } from '../../scripts/bench/draw-sequences.ts';
import { createRandom } from './random.ts';
import { packEpoch } from './windows.ts';

test('an epoch has every step from an item to the next once, newest first, and no row mixes windows', () => {
  // Items encode their player and position, so that each pair can be recognised.
  const lengths = [0, 1, 2, 3, 5, 8, 9, 40];
  const sequences = lengths.map((length, user) => Int32Array.from({ length }, (_, position) => 100 * user + position));
  const expected = sequences.flatMap((sequence) => [...sequence].slice(1).map((item) => `${item - 1}→${item}`));
  for (const seed of [1, 2, 3]) {
    const batches = [...packEpoch(joinSequences(sequences), { rows: 2, length: 8 }, createRandom(seed, 'windows'))];
    const pairs: string[] = [];
    for (const { items, targets, segmentIds } of batches) {
      expect(items).toHaveLength(16);
      for (let cell = 0; cell < 16; cell++) {
        if (segmentIds[cell] === 0) continue;
        pairs.push(`${items[cell]}→${targets[cell]}`);
        const isSameWindow = cell % 8 > 0 && segmentIds[cell] === segmentIds[cell - 1];
        if (isSameWindow) expect(targets[cell]).toBe(items[cell - 1]);
      }
    }
    expect(pairs.sort()).toEqual(expected.sort());
  }
});

test('the same seed packs the same rows, another seed others', () => {
  const sequences = Array.from({ length: 30 }, (_, user) => Int32Array.of(user, user + 1, user + 2));
  const pack = (seed: number) => [
    ...packEpoch(joinSequences(sequences), { rows: 4, length: 16 }, createRandom(seed, 'windows')),
  ];
  expect(pack(1)).toEqual(pack(1));
  expect(pack(1)).not.toEqual(pack(2));
});
