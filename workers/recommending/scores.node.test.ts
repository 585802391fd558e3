import { expect, it } from 'vitest';
import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { Slate } from '../../models/contracts/slate.ts';
import { listEntries } from '../../models/contracts/slate-entries.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import { createRng } from '../../models/features/rng.ts';
import { estimateExamination } from '../../models/ranking/examples.ts';
import { ImpressionLog } from '../../models/ranking/impressions.ts';
import { measureSnips, scoreByPrior } from '../../models/ranking/measure.ts';
import { addSlate } from '../../tests/add-slate.ts';
import { createRankingInput, getItem, itemIds } from '../../tests/ranking-input.ts';
import type { PredictActions } from './ranking-input.ts';
import { composeGallery, recommend } from './recommend.ts';
import { toSlate } from './slate.ts';

const ids = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);
const POPULARITY = FEATURES.findIndex(({ name }) => name === 'popularity');

/** A click is likelier for less popular items. */
const againstPopularity: PredictActions = async (features, candidates) => {
  expect(features).toHaveLength(candidates * FEATURES.length);
  const probabilities = new Float32Array(candidates * ACTIONS.length);
  for (let row = 0; row < candidates; row++)
    probabilities[row * ACTIONS.length] = 1 - features[row * FEATURES.length + POPULARITY]!;
  return probabilities;
};

it('orders by the predictions of the ranking model, and by the prior if it fails', async () => {
  const order = async (predict: PredictActions | null) => {
    const { ranking } = await recommend(createRankingInput({ predictActions: predict }), 5);
    return ranking.ranked.map((candidate) => getItem(ranking, candidate).itemId);
  };
  const byPrior = await order(null);
  expect(byPrior.slice(0, 3)).toEqual(['g0', 'g1', 'g2']);
  expect(await order(againstPopularity)).toEqual(byPrior.toReversed());
  const aborted: PredictActions = () => Promise.reject(new Error('ORT aborted'));
  expect(await order(aborted)).toEqual(byPrior);
  const { ranking } = await recommend(createRankingInput({ predictActions: aborted }), 5);
  expect(ranking.rankingFailure).toBe('ORT aborted');
});

it('gives picked genres a share beside a history of one item', async () => {
  const preferences = { ...EMPTY_USER_STATE.preferences, genres: ['racing'] };
  const history = (length: number) =>
    Array.from({ length }, (_, index) => ({ itemId: `g${40 + index}`, weight: 1, ageDays: 0, strongestType: 'like' }));
  const personal = { itemIds, scores: Float32Array.from(itemIds, (_, index) => (index % 4 === 0 ? 1 : 0)) };
  const racing = async (games: number) => {
    const input = createRankingInput({
      user: { ...EMPTY_USER_STATE, preferences, history: history(games) },
      modelScores: personal,
    });
    const { items } = await recommend(input, 12);
    return items.filter(({ itemId }) => input.catalogue.get(itemId)!.genres.includes('Racing')).length;
  };
  const [afterOne, afterTwenty] = [await racing(1), await racing(20)];
  expect(afterOne).toBeGreaterThan(0);
  expect(afterOne).toBeLessThan(12);
  expect(afterTwenty).toBeLessThan(afterOne);
});

it('applies the popularity dial and the rules to a model’s scores too', async () => {
  const user = { ...EMPTY_USER_STATE, preferences: { ...EMPTY_USER_STATE.preferences, popularity: 1 } };
  const even: PredictActions = async (_, candidates) => new Float32Array(candidates * ACTIONS.length).fill(0.1);
  const { items } = await recommend(createRankingInput({ predictActions: even, user }), 2);
  expect(ids(items)).toEqual(['g0', 'g1']);
});

it('ranks candidates with equal scores by their ids', async () => {
  for (const equal of [2, 5]) {
    const predictEqual: PredictActions = async (_, candidates) => {
      const probabilities = new Float32Array(candidates * ACTIONS.length);
      for (let one = 0; one < candidates; one++)
        probabilities[one * ACTIONS.length] = 1 / (1 + Math.floor(one / equal));
      return probabilities;
    };
    const { ranking } = await recommend(createRankingInput({ predictActions: predictEqual }), 12);
    const ranked = ranking.ranked.map((candidate) => getItem(ranking, candidate).itemId);
    const retrieved = ranked.map((_, candidate) => getItem(ranking, candidate).itemId);
    for (let start = 0; start < ranked.length; start += equal)
      expect(ranked.slice(start, start + equal)).toEqual(retrieved.slice(start, start + equal).sort());
  }
});

it('shows less of a genre, but still some of it', async () => {
  const user = { ...EMPTY_USER_STATE, preferences: { ...EMPTY_USER_STATE.preferences, lessGenres: ['racing'] } };
  const racingRanks = async (more: object) => {
    const input = createRankingInput(more);
    const { ranking } = await recommend(input, 12);
    const isRacing = (candidate: number) => getItem(ranking, candidate).genres.includes('Racing');
    return ranking.ranked.flatMap((candidate, rank) => (isRacing(candidate) ? [rank] : []));
  };
  const before = await racingRanks({});
  const after = await racingRanks({ user });
  expect(after).toHaveLength(before.length);
  expect(after.every((rank, index) => rank >= before[index]!)).toBe(true);
  expect(after[0]).toBeGreaterThan(before[0]!);
  // Moved down, not to the end: the best of them still precedes the weakest of the others.
  expect(after[0]).toBeLessThan(after.length);
});

it('logs each ranked item with its position, propensity and features', async () => {
  // The player's own games are on the page but were not ranked.
  const user = {
    ...EMPTY_USER_STATE,
    history: [{ itemId: 'g9', weight: 1, ageDays: 1, playedDaysAgo: 1, strongestType: 'play' }],
    played: ['g9'],
  };
  const input = createRankingInput({ user, random: () => 0.01 });
  const page = await composeGallery(input, 12);
  const answer = { recommendationId: 'r1', tier: 'online', release: 'v1', generatedAt: '2026-02-01T00:00:00.000Z' };
  const slate = toSlate(page, answer, 'ann', { ...input.context, country: 'CH' });
  expect(Slate.parse(slate)).toEqual(slate);
  expect(slate).toMatchObject({ country: 'CH', featuresHash: FEATURES_HASH, shownAt: Date.UTC(2026, 1, 1) });
  const shown = page.rows.flatMap(({ id, items }) => (id === 'continue' ? [] : ids(items)));
  expect(page.rows.map(({ id }) => id)).toContain('continue');
  const entries = listEntries(slate.entries);
  expect(ids(entries)).toEqual(shown);
  for (const { itemId, row, column } of entries) expect(page.rows[row]!.items[column]!.itemId).toBe(itemId);
  // These random numbers shuffle the first row.
  const first = entries.filter(({ row }) => row === 0);
  expect(first.every(({ exploration, propensity }) => exploration && propensity < 1)).toBe(true);

  // The trainer reads the features that ranking used.
  const log = new ImpressionLog();
  addSlate(log, slate);
  const read = new Map(log.collect().flatMap(({ entries }) => entries.map((entry) => [entry.itemId, entry.features])));
  for (const candidate of page.ranking.ranked) {
    const { itemId } = getItem(page.ranking, candidate);
    if (read.has(itemId)) expect(read.get(itemId)).toEqual(page.ranking.readFeatures([candidate]));
  }
  expect(read.size).toBe(shown.length);
  expect(itemIds.length).toBeGreaterThan(shown.length);
});

it('reads the same features of some candidates as the ranking model got', async () => {
  let given: Float32Array = new Float32Array();
  const predictActions: PredictActions = async (features, candidates) => {
    given = features;
    return againstPopularity(features, candidates);
  };
  const { ranking } = await composeGallery(createRankingInput({ predictActions }), 6);
  const some = ranking.ranked.slice(3, 30);
  const rows = some.map((candidate) => given.subarray(candidate * FEATURES.length, (candidate + 1) * FEATURES.length));
  expect([...ranking.readFeatures(some)]).toEqual(rows.flatMap((row) => [...row]));
});

it('logs which positions were shuffled beside pins, and keeps the pins out of the estimates', async () => {
  const rules: Rule[] = [
    { ruleId: 'feature', ...RuleInput.parse({ action: 'pin', match: { itemIds: ['g50', 'g51'] } }) },
  ];
  const log = new ImpressionLog();
  const events: Parameters<ImpressionLog['addEvent']>[0][] = [];
  const answers = 100;
  for (let n = 0; n < answers; n++) {
    const page = await composeGallery(createRankingInput({ rules, random: createShufflingRng(`pinned ${n}`) }), 6);
    const answer = { recommendationId: `r${n}`, tier: 'online', release: 'v1', generatedAt: '2026-02-01T00:00:00Z' };
    const slate = toSlate(page, answer, 'ann', EMPTY_CONTEXT);
    const first = listEntries(slate.entries).filter(({ row }) => row === 0);
    expect(first.map(({ shuffled }) => shuffled)).toEqual([false, false, true, true, true, true]);
    expect(first.map(({ propensity }) => propensity < 1)).toEqual([false, false, true, true, true, true]);
    addSlate(log, slate);
    // Every player clicks the first pin and looks no further than the game right of the pins.
    for (const { itemId } of [first[0]!, first[2]!])
      if (itemId === 'g50' || n % 2 === 0)
        events.push({ userId: 'ann', type: 'click', itemId, recommendationId: `r${n}`, timestamp: n });
  }
  for (const event of events) log.addEvent(event);
  const rows = log.collect().filter(({ entries }) => entries[0]!.row === 0);
  expect(rows.every(({ shuffled }) => shuffled)).toBe(true);
  const snips = measureSnips(rows, scoreByPrior)!;
  expect(snips.rows).toBe(answers);
  // If clicks on pins counted, it would be above 1.
  expect(snips.prior.value).toBeGreaterThan(0);
  expect(snips.prior.value).toBeLessThan(1);
  const propensityOf = estimateExamination(rows);
  expect([0, 1, 2, 3].map(propensityOf)).toEqual([0.5, 0.5, 0.5, 0]);
});

/** Shuffles every row: the second number decides, and it is 0. */
function createShufflingRng(name: string): () => number {
  const next = createRng(name);
  let calls = 0;
  return () => (calls++ === 1 ? 0 : next());
}
