import { expect, it } from 'vitest';
import { createRng } from '../../models/features/rng.ts';
import { orderByScore, selectBest } from './order-by-score.ts';

it('is a stable sort, best first, of any length', () => {
  const random = createRng('order by score');
  for (const length of [0, 1, 2, 15, 16, 17, 32, 33, 64, 100, 813]) {
    // Many equal scores, and negative ones.
    const scores = Float64Array.from({ length }, () => Math.round(20 * random()) - 5);
    const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
    expect([...orderByScore(scores)], `${length}`).toEqual(sorted);
  }
});

it('selects the first of the same order', () => {
  const random = createRng('select best');
  for (const length of [0, 1, 2, 3, 4, 30]) {
    const scores = Float64Array.from({ length }, () => Math.round(4 * random()));
    expect(selectBest(scores, 3), `${[...scores]}`).toEqual(orderByScore(scores).slice(0, 3));
  }
});
