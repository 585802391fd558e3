import { expect, test } from 'vitest';
import { planBudget } from './budget.ts';

test('a budget grows with interactions and items, from a least one; a duration stays as it is', () => {
  const madeUp = { interactions: 60_000, items: 2_000 };
  const large = { interactions: 2_000_000, items: 20_000 };
  expect(planBudget('short', madeUp)).toBe(20_000);
  expect(planBudget('short', large)).toBe(70_000);
  expect(planBudget('full', madeUp)).toBe(600_000);
  expect(planBudget('full', { interactions: 10_000_000, items: 100_000 })).toBe(40 * 60_000);
  expect(planBudget(90_000, large)).toBe(90_000);
});
