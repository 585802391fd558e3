import { expect, it } from 'vitest';
import { createRng } from '../../models/features/rng.ts';
import { orderByScore, selectBest } from './order-by-score.ts';

it('is a stable sort, best first, of any length', () => {
  const random = createRng('order by score');
  for (const length of [0, 1, 2, 15, 16, 17, 32, 33, 64, 100, 813]) {
    // Many scores are equal.
    const scores = Float64Array.from({ length }, () => Math.round(20 * random()) / 7);
    const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
    expect([...orderByScore(scores)], `${length}`).toEqual(sorted);
  }
});

it('orders scores that a float32 cannot tell apart, and scores beyond its range', () => {
  const scores = [0.5, 0.5 + 1e-12, 0.5 - 1e-12, 0.5 + 1e-12, 0, 1e-60, 1e59, 1e60, 2e-60, 2, 3e-40, 1e-40, 0];
  scores.push(Number.POSITIVE_INFINITY);
  const sorted = [...scores.keys()].sort((a, b) => (scores[a] === scores[b] ? 0 : scores[a]! > scores[b]! ? -1 : 1));
  expect(orderByScore(scores)).toEqual(sorted);
});

it('selects the first of the same order', () => {
  const random = createRng('select best');
  for (const length of [0, 1, 2, 3, 4, 30]) {
    const scores = Float64Array.from({ length }, () => Math.round(4 * random()));
    expect(selectBest(scores, 3), `${[...scores]}`).toEqual(orderByScore(scores).slice(0, 3));
  }
});
