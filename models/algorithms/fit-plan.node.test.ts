import { expect, test } from 'vitest';
import { FitPlan } from './fit-plan.ts';

const STEP_MS = 10;

/**
 * Makes all steps of a fit in which steps and validations take a fixed time; returns the plan and the validated steps.
 */
function run(budgetMs: number, validationMs: number, limits: { first?: number; stepsMax: number }) {
  let left = budgetMs;
  const context = { timeLeft: () => left, signal: new AbortController().signal };
  const plan = new FitPlan({ first: 0, validationSteps: validationMs / STEP_MS, ...limits }, context);
  const validated: number[] = [];
  while (!plan.isOver()) {
    left -= STEP_MS;
    plan.countStep();
    if (!plan.isValidationDue()) continue;
    if (plan.isTooLateToValidate()) break;
    left -= validationMs;
    plan.countValidation();
    validated.push(plan.step);
    if (!plan.isOver()) plan.replan();
  }
  return { plan, validated, left };
}

test('the steps fit in the time, with a reserve, and the last of them is validated', () => {
  const { plan, validated, left } = run(10_000, 100, { stepsMax: 1_000_000 });
  expect(plan.step).toBe(plan.steps);
  expect(validated.at(-1)).toBe(plan.step);
  expect(validated).toHaveLength(12);
  // 12 validations, 5% in reserve, the rest is steps.
  expect(plan.step).toBeGreaterThan(800);
  expect(left).toBeGreaterThanOrEqual(0);
});

test('validations take their share of the time, and one is made even if they are slow', () => {
  // 15% of 10 s is one validation of 1.2 s.
  const slow = run(10_000, 1_200, { stepsMax: 1_000_000 });
  expect(slow.validated).toEqual([slow.plan.step]);
  expect(slow.left).toBeGreaterThanOrEqual(0);
  // No time for one: nothing is validated.
  expect(run(500, 400, { stepsMax: 1_000_000 }).validated).toEqual([]);
});

test('makes at most the maximum of steps, including those of earlier runs', () => {
  expect(run(60_000, 100, { first: 150, stepsMax: 200 }).validated.at(-1)).toBe(200);
  expect(run(60_000, 100, { first: 200, stepsMax: 200 }).validated).toEqual([]);
});
