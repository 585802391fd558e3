import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { makeRunning } from '../../tests/run-experiments.ts';
import { makesDifference, readByGallery, readByList } from './changes.ts';
import { type Assigned, assignVariants, createPlan, forceVariants, replaceVariant } from './plan.ts';

type Change = Partial<Experiment['variants'][number]>;
const half = (id: string, change: Change = {}) => ({ id, share: 0.5, ...change });
const make = (experimentId: string, change: Change, fields: Partial<Experiment> = {}) =>
  makeRunning(experimentId, { layer: experimentId, ...fields, variants: [half('control'), half('other', change)] });
const assignOther = (experiment: Experiment): Assigned => ({
  experiment,
  variant: experiment.variants[1]!,
  counts: true,
});
const predictActions = async () => new Float32Array();

test('variants of several experiments add up; of two values the later holds', () => {
  const plan = createPlan('full', [
    assignOther(make('a', { settings: { similarityWeight: 0, shuffleShare: 0.2 }, policy: 'retrieval' })),
    assignOther(make('b', { settings: { shuffleShare: 0.3 }, release: 'next' })),
    assignOther(make('c', { policy: 'no-fatigue' })),
  ]);
  expect(plan.settings).toEqual({ ...DEFAULT_SETTINGS, similarityWeight: 0, shuffleShare: 0.3 });
  expect(plan).toMatchObject({ policy: 'no-fatigue', release: 'next', rival: undefined });
  expect(createPlan('full')).toMatchObject({ settings: DEFAULT_SETTINGS, policy: 'full', release: undefined });
});

test('an interleaving shows the control and its rival, unless one was stopped', () => {
  const turns = make('turns', { policy: 'popularity' }, { kind: 'interleaving' });
  const player = { userId: 'ann', context: EMPTY_CONTEXT, isNewUser: false };
  const plan = createPlan('full', assignVariants(player, [turns], 0));
  expect(plan).toMatchObject({ policy: 'full', rival: { variant: { id: 'other' } } });
  expect(replaceVariant(plan, turns, turns.variants[1]!)).toMatchObject({ policy: 'popularity', rival: undefined });
  const stopped = { ...turns, stoppedVariants: [{ id: 'other', reason: 'a test', at: '2026-01-01T00:00:00Z' }] };
  expect(createPlan('full', assignVariants(player, [stopped], 0)).rival).toBeUndefined();
});

test('a forced variant takes the place of the player’s own and leaves other experiments alone', () => {
  const [a, b] = [make('a', {}), make('b', {})];
  const own = [assignOther(a), assignOther(b)];
  const forced = forceVariants(own, [{ experimentId: 'a', variant: 'control' }], [a, b]);
  expect(forced.map(({ experiment, variant }) => `${experiment.experimentId}:${variant.id}`)).toEqual([
    'b:other',
    'a:control',
  ]);
  expect(forceVariants([], [{ experimentId: 'a', variant: 'none' }], [a])).toEqual([]);
});

test('an experiment makes a difference where one of its variants changes what the answer reads', () => {
  const gallery = { plan: createPlan('full'), input: { predictActions } };
  const prior = { ...gallery, input: { predictActions: null } };
  const baseline = (policy: 'popularity' | 'retrieval') => ({ ...gallery, plan: createPlan(policy) });
  const inGallery = (change: Change, hydrated: Parameters<typeof readByGallery>[1]) =>
    makesDifference(assignOther(make('a', change)), (one) => readByGallery(one, hydrated));
  const inList = (change: Change, hydrated: Parameters<typeof readByList>[1]) =>
    makesDifference(assignOther(make('a', change)), (one) => readByList(one, hydrated));
  const utilities = { settings: { actionUtilities: DEFAULT_SETTINGS.actionUtilities } };
  const fatigue = { settings: { fatigueRanks: 1 } };

  expect([inGallery(utilities, gallery), inGallery(utilities, prior)]).toEqual([true, false]);
  expect([inGallery(fatigue, gallery), inGallery(fatigue, prior)]).toEqual([false, true]);
  expect([inList(utilities, gallery), inList(fatigue, gallery)]).toEqual([true, false]);
  for (const settings of [{ rows: null }, { shuffleShare: 0 }, { popularityCap: 0.5 }])
    expect([inGallery({ settings }, gallery), inList({ settings }, gallery)]).toEqual([true, false]);
  expect([inGallery({ policy: 'popularity' }, gallery), inList({ policy: 'popularity' }, gallery)]).toEqual([
    true,
    false,
  ]);
  expect([inGallery({ release: 'next' }, gallery), inList({ release: 'next' }, gallery)]).toEqual([true, true]);
  // A baseline page, by the policy of another experiment.
  expect(inGallery({ settings: { rows: null } }, baseline('retrieval'))).toBe(false);
  expect(inGallery({ release: 'next' }, baseline('retrieval'))).toBe(true);
  expect(inGallery({ release: 'next' }, baseline('popularity'))).toBe(false);
  // An A/A experiment, and one whose only other variant is a shadow.
  expect(inGallery({}, gallery)).toBe(true);
  expect(inGallery({ share: 0, isShadow: true, policy: 'popularity' }, gallery)).toBe(false);
  expect(makesDifference({ ...assignOther(make('a', {})), counts: false }, () => true)).toBe(false);
});
