import { expect, test } from 'vitest';
import type { Metric } from '../contracts/experiment.ts';
import { ExperimentReport } from '../contracts/experiment-report.ts';
import { addMoments, EMPTY_MOMENTS, momentsOfUser, type UserTerms } from './moments.ts';
import { computeReport, type ReportedExperiment, testGuardrails } from './report.ts';
import { MomentSums, type VariantMoments } from './variant-moments.ts';

const experiment: ReportedExperiment = {
  experimentId: 'more-new',
  kind: 'split',
  variants: [
    { id: 'control', share: 0.5, isShadow: false },
    { id: 'bold', share: 0.5, isShadow: false },
    { id: 'shadow', share: 0, isShadow: true },
  ],
  primaryMetric: 'click-rate',
  guardrails: [
    { metric: 'dismissal-rate', limit: 0.1 },
    { metric: 'empty-rate', limit: 0 },
  ],
  stoppedVariants: [],
};

/** Users of whom each `one in` gets the numerator 1 of ten; the others 0. */
function makeMoments(
  metric: Metric,
  variant: string,
  { users, oneIn, isNew = false, before = 0 }: { users: number; oneIn: number; isNew?: boolean; before?: number },
): VariantMoments {
  const each = Array.from({ length: users }, (_, n): UserTerms => {
    const numerator = n % oneIn === 0 ? 1 : 0;
    // Some did something before that they did not do again.
    return [numerator, 10, before * (n % 7 === 0 ? 1 : numerator), before * 10];
  });
  return {
    metric,
    variant,
    isNew,
    moments: each.map((terms) => momentsOfUser(terms, 3)).reduce(addMoments, EMPTY_MOMENTS),
  };
}

const better = [
  makeMoments('click-rate', 'control', { users: 2_000, oneIn: 4 }),
  makeMoments('click-rate', 'bold', { users: 2_000, oneIn: 3 }),
  makeMoments('click-rate', 'control', { users: 500, oneIn: 4, isNew: true }),
  makeMoments('click-rate', 'bold', { users: 500, oneIn: 4, isNew: true }),
];

test('a report compares every metric for all, new and known users, and names the better variant', () => {
  const report = computeReport(experiment, better, null);
  expect(ExperimentReport.parse(report)).toEqual(report);
  expect(report.verdicts).toEqual([{ variant: 'bold', verdict: 'better' }]);
  expect(report.sampleRatio).toMatchObject({ isBroken: false, pValue: 1, anytimePValue: 1 });
  expect(report.metrics.map(({ metric, group }) => [metric, group])).toEqual([
    ['click-rate', 'all'],
    ['click-rate', 'new'],
    ['click-rate', 'known'],
  ]);
  const [all, fresh, known] = report.metrics;
  expect(all).toMatchObject({
    isPrimary: true,
    isHarm: false,
    control: { variant: 'control', users: 2_500, value: 0.025 },
  });
  const [estimate] = all!.variants;
  expect(estimate).toMatchObject({ variant: 'bold', users: 2_500, isSignificant: true, moreUsersNeeded: 0 });
  expect(estimate!.value).toBeCloseTo(792 / 25_000, 10);
  expect(estimate!.difference).toBeCloseTo(167 / 25_000, 10);
  expect(estimate!.interval![0]).toBeGreaterThan(0);
  expect(estimate).toMatchObject({ adjustedDifference: null, cupedInterval: null });
  expect(fresh!.variants[0]).toMatchObject({ users: 500, difference: 0, isSignificant: false, moreUsersNeeded: null });
  expect(known!.variants[0]!.users).toBe(2_000);
});

test('the adjusted interval decides where there is one', () => {
  // The difference was there before: it explains most of it.
  const explained = better.map((one) =>
    makeMoments('click-rate', one.variant, { users: 1_100, oneIn: one.variant === 'bold' ? 3 : 4, before: 1 }),
  );
  const report = computeReport(experiment, explained.slice(0, 2), null);
  const [estimate] = report.metrics[0]!.variants;
  expect(estimate!.interval![0]).toBeGreaterThan(0);
  expect(Math.abs(estimate!.adjustedDifference!)).toBeLessThan(0.5 * estimate!.difference!);
  expect(estimate!.isSignificant).toBe(false);
  expect(report.verdicts[0]!.verdict).toBe('open');
});

test('a variant that was ahead before, and is less so now, is worse', () => {
  const draw = (variant: string, ahead: number, effect: number): VariantMoments => {
    const each = Array.from({ length: 600 }, (_, n): UserTerms => {
      const habit = ahead + (n % 10);
      return [habit + effect + (n % 3), 1, habit, 1];
    });
    const moments = each.map((terms) => momentsOfUser(terms, 9)).reduce(addMoments, EMPTY_MOMENTS);
    return { metric: 'clicks', variant, isNew: false, moments };
  };
  const byClicks = { ...experiment, primaryMetric: 'clicks' as const };
  const report = computeReport(byClicks, [draw('control', 0, 0), draw('bold', 2, -1)], null);
  expect(report.metrics[0]!.variants[0]!.difference).toBeCloseTo(1, 10);
  expect(report.metrics[0]!.variants[0]!.adjustedDifference).toBeLessThan(-0.5);
  expect(report.verdicts[0]!.verdict).toBe('worse');
});

test('a worse variant is told from a better one, also where lower is better', () => {
  const swap = ({ variant, ...one }: VariantMoments) => ({ ...one, variant: variant === 'bold' ? 'control' : 'bold' });
  expect(computeReport(experiment, better.map(swap), null).verdicts[0]!.verdict).toBe('worse');
  const dismissals = better.map((one) => ({ ...one, metric: 'dismissal-rate' as const }));
  const byDismissals = { ...experiment, primaryMetric: 'dismissal-rate' as const, guardrails: [] };
  expect(computeReport(byDismissals, dismissals, null).verdicts[0]!.verdict).toBe('worse');
  expect(computeReport(byDismissals, dismissals.map(swap), null).verdicts[0]!.verdict).toBe('better');
});

test('a broken sample ratio stops the comparison, not the guardrails', () => {
  const lost = [better[0]!, makeMoments('click-rate', 'bold', { users: 1_700, oneIn: 3 })];
  const report = computeReport(experiment, lost, null);
  expect(report).toMatchObject({
    sampleRatio: { isBroken: true },
    metrics: [],
    verdicts: [{ variant: 'bold', verdict: 'void' }],
  });
  expect(report.guardrails).toHaveLength(2);
  // A stopped variant gets no more users.
  const stoppedVariants = [{ id: 'bold', reason: 'dismissal-rate', at: '2026-11-27T00:00:00Z' }];
  const stopped = computeReport({ ...experiment, stoppedVariants }, lost, null);
  expect(stopped).toMatchObject({
    sampleRatio: { isBroken: false },
    verdicts: [{ variant: 'bold', verdict: 'harmful' }],
  });
});

test('a guardrail is breached only beyond its limit, and makes the variant harmful', () => {
  const dismissals = (oneIn: number) => [
    makeMoments('dismissal-rate', 'control', { users: 4_000, oneIn: 20 }),
    makeMoments('dismissal-rate', 'bold', { users: 4_000, oneIn }),
  ];
  const report = computeReport(experiment, [...better, ...dismissals(10)], null);
  expect(report.verdicts[0]!.verdict).toBe('harmful');
  const [guardrail, unmeasured] = report.guardrails;
  expect(guardrail).toMatchObject({ variant: 'bold', metric: 'dismissal-rate', limit: 0.1, isBreached: true });
  expect(guardrail!.control).toBeCloseTo(0.005, 10);
  expect(guardrail!.value).toBeCloseTo(0.01, 10);
  expect(guardrail!.bound).toBeGreaterThan(0);
  expect(guardrail!.bound).toBeLessThan(0.0045);
  expect(unmeasured).toMatchObject({
    metric: 'empty-rate',
    control: null,
    value: null,
    bound: null,
    isBreached: false,
  });
  const generous = { ...experiment, guardrails: [{ metric: 'dismissal-rate' as const, limit: 1 }] };
  expect(testGuardrails(generous, new MomentSums(dismissals(10)))[0]!.isBreached).toBe(false);
  expect(testGuardrails(experiment, new MomentSums(dismissals(20)))[0]!.isBreached).toBe(false);
  expect(testGuardrails(experiment, new MomentSums(dismissals(40)))[0]!.isBreached).toBe(false);
  // Several guardrails share the false alarms.
  const alone = { ...experiment, guardrails: experiment.guardrails.slice(0, 1) };
  expect(testGuardrails(alone, new MomentSums(dismissals(10)))[0]!.bound).toBeGreaterThan(guardrail!.bound!);
  const few = [
    makeMoments('dismissal-rate', 'control', { users: 29, oneIn: 30 }),
    makeMoments('dismissal-rate', 'bold', { users: 400, oneIn: 1 }),
  ];
  expect(testGuardrails(experiment, new MomentSums(few))[0]).toMatchObject({ bound: null, isBreached: false });
});

test('a guardrail of a metric that is better if higher is breached below its limit', () => {
  const clicks = (oneIn: number) => [
    makeMoments('click-rate', 'control', { users: 4_000, oneIn: 10 }),
    makeMoments('click-rate', 'bold', { users: 4_000, oneIn }),
  ];
  const guarded = { ...experiment, guardrails: [{ metric: 'click-rate' as const, limit: 0.2 }] };
  expect(testGuardrails(guarded, new MomentSums(clicks(20)))[0]!.isBreached).toBe(true);
  expect(testGuardrails(guarded, new MomentSums(clicks(11)))[0]!.isBreached).toBe(false);
  expect(testGuardrails(guarded, new MomentSums(clicks(5)))[0]!.isBreached).toBe(false);
});

test('the rival of an interleaving is stopped if most answers fail', () => {
  const turns = { ...experiment, kind: 'interleaving' as const };
  const failures = (oneIn: number, users = 400): VariantMoments[] => {
    const each = Array.from({ length: users }, (_, n) => momentsOfUser([n % oneIn === 0 ? 10 : 0, 10, 0, 0], 10));
    const moments = each.reduce(addMoments, EMPTY_MOMENTS);
    return [{ metric: 'failure-rate', variant: 'control', isNew: false, moments }];
  };
  const isBreached = (moments: VariantMoments[]) =>
    testGuardrails(turns, new MomentSums(moments)).map((one) => [one.variant, one.metric, one.isBreached]);
  expect(isBreached(failures(1))).toEqual([['bold', 'failure-rate', true]]);
  expect(isBreached(failures(3))).toEqual([['bold', 'failure-rate', false]]);
  expect(isBreached(failures(1, 29))).toEqual([['bold', 'failure-rate', false]]);
  expect(computeReport(turns, failures(1), null).verdicts).toEqual([{ variant: 'bold', verdict: 'harmful' }]);
  expect(computeReport(turns, failures(3), null).verdicts).toEqual([{ variant: 'bold', verdict: 'open' }]);
});

test('with few users or none there is no interval', () => {
  const few = [
    makeMoments('click-rate', 'control', { users: 29, oneIn: 4 }),
    makeMoments('click-rate', 'bold', { users: 40, oneIn: 1 }),
  ];
  const [estimate] = computeReport(experiment, few, null).metrics[0]!.variants;
  expect(estimate).toMatchObject({ interval: null, isSignificant: false, moreUsersNeeded: null });
  expect(estimate!.difference).toBeGreaterThan(0);
  expect(computeReport(experiment, [], null)).toMatchObject({ metrics: [], verdicts: [{ verdict: 'open' }] });
});

test('several variants share the false alarms of the primary metric', () => {
  const variants = [...experiment.variants, { id: 'shy', share: 0.5, isShadow: false }];
  const moments = [...better, makeMoments('click-rate', 'shy', { users: 2_500, oneIn: 4 })];
  const width = (one: ReportedExperiment) => {
    const [low, high] = computeReport(one, moments, null).metrics[0]!.variants[0]!.interval!;
    return high - low;
  };
  expect(width({ ...experiment, variants }) / width(experiment)).toBeGreaterThan(1.03);
});

test('an interleaving is reported by the users’ preference', () => {
  const preferences = { users: 400, clicks: 900, sum: 90, squares: 300, wins: 230, losses: 120 };
  const interleaved = { ...experiment, kind: 'interleaving' as const };
  const report = computeReport(interleaved, [], preferences);
  expect(ExperimentReport.parse(report)).toEqual(report);
  expect(report).toMatchObject({
    verdicts: [{ variant: 'bold', verdict: 'better' }],
    sampleRatio: null,
    interleaving: { variant: 'bold', preference: 0.225, isSignificant: true, wins: 230 },
  });
  const turned = computeReport(interleaved, [], { ...preferences, sum: -90, wins: 120, losses: 230 });
  expect(turned.verdicts[0]!.verdict).toBe('worse');
  expect(computeReport(interleaved, [], null).verdicts[0]!.verdict).toBe('open');
});
