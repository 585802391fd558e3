import { expect, test } from 'vitest';
import { NO_EFFECT } from './experiments/population.ts';
import { EFFECTS, POPULATIONS } from './experiments/populations.ts';
import { watchPreference } from './experiments/watch-preference.ts';
import { askBoth, simulate } from './experiments.ts';

const SIMULATIONS = 200;
const FALSE_ALARMS_MAX = 0.05;
const ARRIVING = POPULATIONS['players arrive all along'];

// The simulated players are the same in each run. A reader of fixed intervals is fooled by more than one in
// seven, so they can fool; with a true share of 2.5%, 200 simulations exceed 5% in one of 70 sets.
test.each([
  'players arrive all along',
  '200 players, all alike, come back',
  'a canary of 5%, clicks and dismissals rare',
] as const)('without an effect, a report that is read 200 times is right: %s', (name) => {
  const { found } = simulate(name, POPULATIONS[name], NO_EFFECT, SIMULATIONS);
  expect(found.fixed.share).toBeGreaterThan(0.15);
  for (const way of ['significant', 'unadjusted', 'significantMean', 'breached', 'brokenRatio'] as const)
    expect(found[way].share, way).toBeLessThanOrEqual(FALSE_ALARMS_MAX);
});

test('an effect that is there is found, sooner with what is known of the days before', () => {
  const { found } = simulate('clicks', ARRIVING, EFFECTS['clicks +20%']!, 25);
  expect(found.significant.share).toBeGreaterThan(0.9);
  expect(found.significant.users!).toBeLessThan(0.9 * found.unadjusted.users!);
  const { found: lower } = simulate('clicks', ARRIVING, EFFECTS['clicks −20%']!, 25);
  expect(lower.significant.share).toBeGreaterThan(0.9);
});

test('a harmful variant is stopped, the sooner the worse it is', () => {
  const { found } = simulate('dismissals', ARRIVING, EFFECTS['dismissals ×2']!, 25);
  expect(found.breached.share).toBeGreaterThan(0.95);
  const { found: worse } = simulate('dismissals', ARRIVING, EFFECTS['dismissals ×4']!, 25);
  expect(worse.breached.share).toBe(1);
  expect(worse.breached.users!).toBeLessThan(0.6 * found.breached.users!);
  const { found: better } = simulate('dismissals', ARRIVING, { ...NO_EFFECT, dismissals: 0.5 }, 25);
  expect(better.breached.share).toBe(0);
});

test('lost exposures break the sample ratio', () => {
  const { found } = simulate('lost', ARRIVING, EFFECTS['20% of the variant’s exposures lost']!, 25);
  expect(found.brokenRatio.share).toBeGreaterThan(0.95);
});

test('without a better side an interleaving that is read 200 times names none', () => {
  const all = Array.from({ length: SIMULATIONS }, (_, seed) => watchPreference(200, 0.3, seed));
  for (const way of ['paired', 'sign'] as const)
    expect(all.filter((watched) => watched[way]).length / SIMULATIONS, way).toBeLessThanOrEqual(FALSE_ALARMS_MAX);
});

test('interleaving names the better ranking with far fewer players than a split', () => {
  const { interleaving, split } = askBoth({ control: 1, variant: 0.6 }, 5);
  expect(interleaving.share).toBe(1);
  expect(split.share).toBe(1);
  expect(split.users!).toBeGreaterThan(8 * interleaving.users!);
});
