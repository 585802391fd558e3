import { expect, it } from 'vitest';
import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { RuleInput } from '../../models/contracts/rule.ts';
import type { SignalEvent } from '../../models/contracts/signals.ts';
import { emptySignals, foldEvents } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { createRankingInput, itemIds } from '../../tests/ranking-input.ts';
import { sinkPassedOver } from './fatigue.ts';
import type { PredictActions } from './ranking-input.ts';
import { recommend } from './recommend.ts';

const NOW = Date.UTC(2026, 0, 31);
const MINUTE = 60_000;

/** `times` impressions of each item, one item after the other, the last of them `minutesAgo`. */
const show = (shown: readonly string[], times: number, minutesAgo = 0): SignalEvent[] =>
  Array.from({ length: times * shown.length }, (_, index) => ({
    id: `${minutesAgo} ${index}`,
    type: 'impression' as const,
    itemId: shown[index % shown.length]!,
    value: null,
    query: null,
    timestamp: NOW - minutesAgo * MINUTE - index,
  }));

const readUser = (events: readonly SignalEvent[]) =>
  deriveUserState(foldEvents(emptySignals(), events).signals, EMPTY_PREFERENCES, NOW);

async function recommendAfter(events: readonly SignalEvent[], changes: Parameters<typeof createRankingInput>[0] = {}) {
  const { items } = await recommend(createRankingInput({ user: readUser(events), ...changes }), 10);
  return items.map(({ itemId }) => itemId);
}

/** A retrieval model with flat scores, and one whose scores fall by half with each item. */
const flat = { itemIds, scores: Float32Array.from(itemIds, (_, index) => 1 - index / 1_000) };
const steep = { itemIds, scores: Float32Array.from(itemIds, (_, index) => 0.5 ** Math.min(30, index)) };

it.each([
  ['by popularity', null],
  ['by flat model scores', flat],
  ['by steep model scores', steep],
])('seven hundred impressions of ten games bring ten other games, ranked %s', async (_, modelScores) => {
  const before = await recommendAfter([], { modelScores });
  const after = await recommendAfter(show(before, 70), { modelScores });
  expect(after.filter((itemId) => before.includes(itemId))).toEqual([]);
  expect(after).toHaveLength(10);
});

it('keeps the page while it is scrolled, and does not turn it over after one session', async () => {
  const before = await recommendAfter([], { modelScores: steep });
  expect(await recommendAfter(show(before, 3), { modelScores: steep })).toEqual(before);
  const after = await recommendAfter(show(before, 1, 60), { modelScores: steep });
  expect(after).not.toEqual(before);
  expect(after.filter((itemId) => before.includes(itemId)).length).toBeGreaterThanOrEqual(5);
});

it('leaves it to the ranking model, which reads what was passed over', async () => {
  const equal: PredictActions = async (_, candidates) => new Float32Array(candidates * ACTIONS.length).fill(0.5);
  const before = await recommendAfter([], { predictActions: equal });
  expect(await recommendAfter(show(before, 70), { predictActions: equal })).toEqual(before);
  // The prior, which takes over from a failing model, does not read it.
  const failing: PredictActions = () => Promise.reject(new Error('ORT aborted'));
  expect(await recommendAfter(show(await recommendAfter([]), 70), { predictActions: failing })).not.toContain('g0');
});

it('keeps pins first and in their order, however often they were passed over', async () => {
  const pin = { ...RuleInput.parse({ action: 'pin', match: { itemIds: ['g3', 'g4'] } }), ruleId: 'featured' };
  const before = await recommendAfter([], { rules: [pin] });
  expect(before.slice(0, 3)).toEqual(['g3', 'g4', 'g0']);
  expect(await recommendAfter(show(['g3', 'g0'], 70), { rules: [pin] })).toEqual([
    ...before.slice(0, 2),
    ...before.slice(3),
    'g10',
  ]);
});

it('gives each candidate the score of its new rank', () => {
  const names = ['a', 'b', 'c', 'd'];
  const sink = (passedOver: Record<string, number>) => {
    const scores = Float64Array.from(names, (_, rank) => 8 / 2 ** rank);
    const ranked = sinkPassedOver([...names.keys()], scores, 6, (candidate) => passedOver[names[candidate]!] ?? 0);
    return ranked.map((candidate) => `${names[candidate]} ${scores[candidate]}`);
  };
  expect(sink({})).toEqual(['a 8', 'b 4', 'c 2', 'd 1']);
  expect(sink({ a: 0.25 })).toEqual(['b 4', 'a 3', 'c 2', 'd 1']);
  // On a tie the one that was not passed over comes first.
  expect(sink({ a: 1 / 6 })).toEqual(['b 4', 'a 4', 'c 2', 'd 1']);
  expect(sink({ b: 1 })).toEqual(['a 8', 'c 2', 'd 1', 'b 0.5']);
});
