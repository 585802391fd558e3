import { expect, test } from 'vitest';
import { createRng, drawIndex, hashString, hashUniform, shuffle } from './rng.ts';

test('hashes and streams are those of earlier releases: held-out players depend on them', () => {
  expect([hashString(''), hashString('a'), hashUniform('a')]).toEqual([0x811c9dc5, 0xe40c292c, 444641715]);
  expect(createRng('a')()).toBeCloseTo(0.621685681398958, 15);
});

test('a shuffle makes every order equally likely', () => {
  const random = createRng('orders');
  const times = new Map<string, number>();
  for (let n = 0; n < 6_000; n++) {
    const order = shuffle(['a', 'b', 'c'], random).join('');
    times.set(order, (times.get(order) ?? 0) + 1);
  }
  // 1,000 each, standard deviation 29.
  expect(times.size).toBe(6);
  for (const count of times.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
});

test('a weighted draw follows the weights; it names the last index if all are 0 and −1 if there are none', () => {
  const random = createRng('draws');
  const times = [0, 0, 0];
  for (let n = 0; n < 4_000; n++) times[drawIndex([1, 0, 3], random)]!++;
  expect(times[1]).toBe(0);
  // Standard deviation 27.
  expect(Math.abs(times[0]! - 1_000)).toBeLessThan(110);
  expect(drawIndex([0, 0], random)).toBe(1);
  expect(drawIndex([], random)).toBe(-1);
});
