import { expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { compareSnips, estimateSnips, type WeightedRow, weightShuffledRow } from './counterfactual.ts';

test('weights and estimates equal those computed by hand', () => {
  // Two positions: the estimated order has both items where they were shown, both elsewhere, both where they were
  // shown.
  const rows = [
    weightShuffledRow([1, 0], [0, 1]),
    weightShuffledRow([1, 1], [1, 0]),
    weightShuffledRow([0, 0], [0, 1]),
  ];
  expect(rows).toEqual([
    { reward: 2, weight: 2 },
    { reward: 0, weight: 0 },
    { reward: 0, weight: 2 },
  ]);
  expect(estimateSnips(rows).value).toBeCloseTo(2 / 4);
  // Residuals (2 − ½·2, 0, 0 − ½·2) over the mean weight 4/3: 0.75, 0, −0.75.
  expect(estimateSnips(rows).margin).toBeCloseTo(1.96 * Math.sqrt((2 * 0.75 ** 2) / 2 / 3));
  expect(compareSnips(rows, rows)).toEqual({ value: 0, margin: 0 });
  expect(estimateSnips([])).toEqual({ value: 0, margin: 0 });
});

test('estimates the known reward of other orders within its interval', () => {
  const random = createRandom(3, 'shuffled rows');
  const examined = [0.9, 0.6, 0.4, 0.25, 0.15, 0.1];
  const preference = [0.05, 0.5, 0.1, 0.4, 0.02, 0.3];
  const best = [1, 3, 5, 2, 0, 4];
  const truth = (order: readonly number[]) =>
    order.reduce((sum, item, position) => sum + examined[position]! * preference[item]!, 0);
  const worst = best.toReversed();
  let covered = 0;
  const REPETITIONS = 40;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const rows: Record<'best' | 'worst', WeightedRow[]> = { best: [], worst: [] };
    for (let row = 0; row < 2_000; row++) {
      const shown = random.shuffle(Array.from(preference.keys()));
      const rewards = shown.map((item, position) => Number(random.chance(examined[position]! * preference[item]!)));
      const shownAt = (order: readonly number[]) => order.map((item) => shown.indexOf(item));
      rows.best.push(weightShuffledRow(rewards, shownAt(best)));
      rows.worst.push(weightShuffledRow(rewards, shownAt(worst)));
    }
    const gain = compareSnips(rows.best, rows.worst);
    expect(gain.value - gain.margin).toBeGreaterThan(0);
    if (Math.abs(gain.value - (truth(best) - truth(worst))) <= gain.margin) covered++;
    expect(Math.abs(estimateSnips(rows.best).value - truth(best))).toBeLessThan(0.2);
  }
  // About 95% of 40.
  expect(covered).toBeGreaterThanOrEqual(34);
});
