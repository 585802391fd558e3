import { expect, test } from 'vitest';
import { addSlate } from '../../tests/add-slate.ts';
import { packEntries } from '../../tests/slate.ts';
import { ACTIONS } from '../contracts/algorithm-settings.ts';
import { createRandom } from '../data/random.ts';
import { computeMean } from '../evaluation/metrics.ts';
import { FEATURES, FEATURES_HASH, packFeatures } from '../features/ranking.ts';
import { collectExamples, estimateExamination } from './examples.ts';
import { type Impression, ImpressionLog, type ShownRow } from './impressions.ts';
import { judgeRanker } from './judge-ranker.ts';
import { measureNdcg } from './measure.ts';
import { predictProbabilities } from './predict.ts';
import { type RankingTraining, trainRanker } from './train-ranker.ts';

const indexOf = (name: string) => FEATURES.findIndex((feature) => feature.name === name);
const [PRIOR, TASTE, PRICE] = ['prior', 'affinity/genres', 'price'].map(indexOf) as [number, number, number];
const COLUMNS = 8;
const SHUFFLED = 0.3;
const examinedAt = (column: number) => 0.95 * 0.8 ** column;

/** Rows ordered by a prior that knows half of players' preferences; `taste` 0: they have none. */
function drawRows(count: number, taste: number): ShownRow[] {
  const random = createRandom(7, `rows ${taste}`);
  return Array.from({ length: count }, (_, row): ShownRow => {
    const games = Array.from({ length: COLUMNS }, (_, item) => {
      const features = new Float32Array(FEATURES.length);
      features[TASTE] = random.next();
      features[PRICE] = random.next();
      features[PRIOR] = Math.tanh(features[TASTE]! - 1);
      return { itemId: `${row}-${item}`, features };
    }).sort((a, b) => b.features[PRIOR]! - a.features[PRIOR]!);
    const shuffled = random.chance(SHUFFLED);
    if (shuffled) random.shuffle(games);
    const last = games.findLastIndex((_, column) => random.chance(examinedAt(column)));
    return {
      recommendationId: `r${row}`,
      userId: `u${Math.floor(row / 5)}`,
      shownAt: row,
      samplingRate: 1,
      shuffled,
      entries: games.map(({ itemId, features }, column): Impression => {
        const preference = -2 + taste * (2 * features[TASTE]! - 4 * features[PRICE]!);
        const examined = column <= last;
        const clicked = examined && random.chance(1 / (1 + Math.exp(-preference)));
        const position = { propensity: 1, exploration: shuffled, shuffled, rowId: 'top-picks', row: 0, column };
        const outcomes = ACTIONS.map((action) => clicked && (action === 'click' || random.chance(0.2)));
        return { itemId, features, examined, outcomes, ...position };
      }),
    };
  });
}

const training = (rows: ShownRow[], changes: Partial<RankingTraining> = {}): RankingTraining => ({
  rows,
  current: undefined,
  snapshot: { version: 'first' },
  seed: 1,
  device: 'cpu',
  signal: new AbortController().signal,
  onProgress() {},
  ...changes,
});

test('beats a prior that knows half, and reports the margin; the same seed gives the same file', async () => {
  const rows = drawRows(5_000, 1);
  const { ranking, outcome, reason } = await trainRanker(training(rows));
  expect(outcome).toBe('trained');
  const { metrics, model, selfTest } = ranking!;
  expect(metrics.ndcg).toBeGreaterThan(metrics.priorNdcg + 0.03);
  expect(metrics.logLoss).toBeLessThan(metrics.baseLogLoss);
  const { ranker, prior, difference } = metrics.snips!;
  expect(difference.value).toBeCloseTo(ranker.value - prior.value);
  expect(reason).toContain(metrics.ndcg.toFixed(4));

  // A cheap game of the player's taste, and an expensive one that is not.
  const two = new Float32Array(2 * FEATURES.length);
  two[TASTE] = 1;
  two[FEATURES.length + PRICE] = 1;
  const inputs = [Float32Array.from(selfTest.features), two];
  const [asTested, ofTwo] = (await predictProbabilities(model, inputs)) as [Float32Array, Float32Array];
  expect(asTested).toHaveLength(selfTest.expected.length);
  asTested.forEach((probability, at) => {
    expect(probability).toBeCloseTo(selfTest.expected[at]!, 5);
  });
  expect(ofTwo[0]).toBeGreaterThan(5 * ofTwo[ACTIONS.length]!);
  // The self-test spans what the model tells apart.
  const clicks = Array.from({ length: asTested.length / ACTIONS.length }, (_, row) => asTested[row * ACTIONS.length]!);
  expect(Math.max(...clicks)).toBeGreaterThan(4 * Math.min(...clicks));
  expect((await trainRanker(training(rows))).ranking!.model).toEqual(model);
});

test('insufficient data gives no ranker, and keeps the one in use if it reads the same features', async () => {
  const few = await trainRanker(training(drawRows(100, 1)));
  expect(few).toMatchObject({ outcome: 'none', ranking: undefined });
  expect(few.reason).toMatch(
    /^insufficient data: \d+ examined impressions and \d+ with an action, of 2000 and 100 required$/,
  );

  const { ranking } = await trainRanker(training(drawRows(2_000, 1)));
  const kept = await trainRanker(training(drawRows(100, 1), { current: ranking, snapshot: { version: 'second' } }));
  expect(kept).toMatchObject({ outcome: 'kept', ranking });
  // It has not seen the second.
  expect(kept.ranking!.snapshot).toBe('first');
  const foreign = { ...ranking!, featuresHash: 'another' };
  expect((await trainRanker(training(drawRows(100, 1), { current: foreign }))).outcome).toBe('none');
});

test('judges by NDCG, clicks and the ranker in use', () => {
  const estimate = (value: number, margin: number) => ({ value, margin });
  const metrics = { examples: 1, laterExamples: 1, logLoss: 1, baseLogLoss: 1, overCurrent: null };
  const snips = (value: number, margin: number) => ({
    rows: 500,
    ranker: estimate(1 + value, 1),
    prior: estimate(1, 1),
    difference: estimate(value, margin),
  });
  const judge = (ndcg: number, clicks: ReturnType<typeof snips> | null) =>
    judgeRanker({ ...metrics, ndcg, priorNdcg: 0.5, snips: clicks }).publish;
  expect(judge(0.6, null)).toBe(true);
  expect(judge(0.5, null)).toBe(false);
  expect(judge(0.6, snips(-0.1, 0.2))).toBe(true);
  expect(judge(0.6, snips(-0.3, 0.2))).toBe(false);
  expect(judge(0.4, snips(1, 0.2))).toBe(false);
  const overCurrent = (value: number, margin: number) =>
    judgeRanker({ ...metrics, ndcg: 0.6, priorNdcg: 0.5, snips: null, overCurrent: estimate(value, margin) }).publish;
  expect([overCurrent(0.1, 0.05), overCurrent(-0.03, 0.05), overCurrent(-0.1, 0.05)]).toEqual([true, true, false]);
});

test('NDCG does not favour other orders over the one in use', () => {
  // A player who finds something examines no further: the positive is the last examined, behind all the order prefers.
  const random = createRandom(3, 'stopping');
  const rows = Array.from({ length: 2_000 }, (_, row): ShownRow => {
    const preferences = Array.from({ length: COLUMNS }, () => random.next()).sort((a, b) => b - a);
    const clicked = preferences.findIndex((preference) => random.chance(0.6 * preference));
    return {
      recommendationId: `r${row}`,
      userId: `u${row % 200}`,
      shownAt: row,
      samplingRate: 1,
      shuffled: false,
      entries: preferences.map((preference, column): Impression => {
        const features = new Float32Array(FEATURES.length).fill(preference);
        const position = { propensity: 1, exploration: false, shuffled: false, rowId: 'top-picks', row: 0, column };
        const outcomes = ACTIONS.map((action) => column === clicked && action === 'click');
        const examined = clicked < 0 || column <= clicked;
        return { itemId: `${row}-${column}`, features, examined, outcomes, ...position };
      }),
    };
  });
  const inUse = measureNdcg(rows, (entries) => entries.map(({ features }) => features[0]!));
  const reversed = measureNdcg(rows, (entries) => entries.map(({ features }) => -features[0]!));
  const none = measureNdcg(rows, (entries) => entries.map(() => 0));
  expect(computeMean(inUse)).toBeGreaterThan(computeMean(none) + 0.01);
  expect(computeMean(none)).toBeGreaterThan(computeMean(reversed) + 0.01);
});

test('joins slates with events, and counts the entries on the left of an event as examined', () => {
  const entry = (itemId: string, row: number, column: number) => ({
    itemId,
    row,
    column,
    rowId: `row-${row}`,
    propensity: 1,
    exploration: row === 1,
    shuffled: row === 1,
  });
  const entries = [entry('a', 0, 0), entry('b', 0, 1), entry('c', 0, 2), entry('d', 1, 0), entry('e', 1, 1)];
  const features = new Float32Array(entries.length * FEATURES.length).map((_, cell) =>
    Math.floor(cell / FEATURES.length),
  );
  const slate = {
    recommendationId: 'r',
    userId: 'u',
    shownAt: 5,
    tier: 'online',
    release: null,
    country: null,
    platform: null,
    featuresHash: FEATURES_HASH,
    entries: packEntries(entries),
    features: Buffer.from(packFeatures(features)).toString('base64'),
  };
  const log = new ImpressionLog();
  addSlate(log, slate);
  addSlate(log, slate);
  log.addEvent({ userId: 'u', type: 'wishlist', itemId: 'b', recommendationId: 'r', timestamp: 6 });
  log.addEvent({ userId: 'u', type: 'click', itemId: 'b', recommendationId: 'r', timestamp: 6 });
  log.addEvent({ userId: 'u', type: 'click', itemId: 'c', recommendationId: 'another', timestamp: 6 });
  log.addEvent({ userId: 'u', type: 'play', itemId: 'unknown', recommendationId: 'r', timestamp: 6 });
  const rows = log.collect();
  expect(rows.map(({ shuffled }) => shuffled)).toEqual([false, true]);
  expect(rows.flatMap((row) => row.entries.map(({ examined }) => examined))).toEqual([true, true, false, false, false]);
  expect(rows[0]!.entries[1]!.outcomes).toEqual([true, false, true, false, false]);

  const { count, features: values, labels, weights } = collectExamples(rows, (column) => 1 / (1 + column));
  expect(count).toBe(2);
  expect([...labels]).toEqual([0, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
  expect(weights[1]! / weights[0]!).toBeCloseTo(2);
  expect([values[0], values[FEATURES.length]]).toEqual([0, 1]);
  // The last feature is the column: the second entry is further right.
  expect(values[2 * FEATURES.length - 1]).toBeGreaterThan(values[FEATURES.length - 1]!);
});

test('a slate that was logged with a probability of a tenth weighs ten times as much', () => {
  const [first, second] = drawRows(2, 1);
  const rows = [first!, { ...second!, samplingRate: 0.1 }].map((row) => ({
    ...row,
    entries: row.entries.slice(0, 1).map((entry) => ({ ...entry, examined: true })),
  }));
  const { weights } = collectExamples(rows, () => 1);
  expect(weights[1]! / weights[0]!).toBeCloseTo(10);
  expect(weights[0]! + weights[1]!).toBeCloseTo(2);
});

test('labels each action by its last event or retraction, in any order of the log', () => {
  const itemIds = [
    ...['liked', 'unliked', 'liked again', 'shown again', 'dismissed again', 'wished for', 'at once'],
    ...['given back', 'bought'],
  ];
  const entries = itemIds.map((itemId, column) => ({
    ...{ itemId, row: 0, column, rowId: 'row-0', propensity: 1, exploration: false, shuffled: false },
  }));
  const slate = {
    ...{ recommendationId: 'r', userId: 'u', shownAt: 5, tier: 'online', release: null, country: null, platform: null },
    ...{ featuresHash: FEATURES_HASH, entries: packEntries(entries) },
    features: Buffer.from(packFeatures(new Float32Array(entries.length * FEATURES.length))).toString('base64'),
  };
  const events = (
    [
      ['like', 'liked', 6],
      ['like', 'unliked', 6],
      ['unlike', 'unliked', 7],
      ['like', 'liked again', 6],
      ['unlike', 'liked again', 7],
      ['like', 'liked again', 8],
      ['dismiss', 'shown again', 6],
      ['undismiss', 'shown again', 7],
      ['dismiss', 'dismissed again', 6],
      ['undismiss', 'dismissed again', 7],
      ['dismiss', 'dismissed again', 8],
      // `unlike` takes back a like, not a wish, which counts as the same action.
      ['wishlist', 'wished for', 6],
      ['unlike', 'wished for', 7],
      ['like', 'at once', 6],
      ['unlike', 'at once', 6],
      ['purchase', 'given back', 6],
      // From a page of the player's own games: it names no answer.
      ['refund', 'given back', 7, null],
      ['purchase', 'bought', 6],
    ] as const
  ).map(([type, itemId, timestamp, recommendationId = 'r']) => ({
    ...{ userId: 'u', type, itemId, timestamp, recommendationId },
  }));
  // Another player's retraction, and one of an item that was not shown.
  events.push({ userId: 'v', type: 'refund', itemId: 'bought', timestamp: 7, recommendationId: null });
  for (const logged of [events, events.toReversed()]) {
    const log = new ImpressionLog();
    addSlate(log, slate);
    for (const event of logged) log.addEvent(event);
    const labels = log
      .collect()[0]!
      .entries.map(({ itemId, outcomes }) => [itemId, ACTIONS.filter((_, action) => outcomes[action])]);
    expect(Object.fromEntries(labels)).toEqual({
      ...{ liked: ['like'], unliked: [], 'liked again': ['like'], 'shown again': [], 'dismissed again': ['dismiss'] },
      ...{ 'wished for': ['like'], 'at once': [], 'given back': [], bought: ['purchase'] },
    });
  }
});

test('leaves out what a player was shown before a reset', () => {
  const entry = { itemId: 'a', row: 0, column: 0, rowId: 'row-0', propensity: 1, exploration: false, shuffled: false };
  const slate = {
    ...{ tier: 'online', release: null, country: null, platform: null, featuresHash: FEATURES_HASH },
    entries: packEntries([entry]),
    features: Buffer.from(packFeatures(new Float32Array(FEATURES.length))).toString('base64'),
  };
  const log = new ImpressionLog();
  addSlate(log, { ...slate, recommendationId: 'before', userId: 'u', shownAt: 5 });
  addSlate(log, { ...slate, recommendationId: 'after', userId: 'u', shownAt: 8 });
  addSlate(log, { ...slate, recommendationId: 'of another', userId: 'v', shownAt: 5 });
  for (const timestamp of [7, 6])
    log.addEvent({ userId: 'u', type: 'reset', itemId: null, recommendationId: null, timestamp });
  expect(log.collect().map(({ recommendationId }) => recommendationId)).toEqual(['of another', 'after']);
});

test('estimates from shuffled rows how likely each column is examined', () => {
  const rows = drawRows(20_000, 1);
  const propensityOf = estimateExamination(rows);
  // An entry is examined if it or any entry on its right was seen.
  let unseen = 1;
  for (let column = COLUMNS - 1; column >= 0; column--) {
    unseen *= 1 - examinedAt(column);
    expect(propensityOf(column)).toBeCloseTo(1 - unseen, 1);
  }
  expect(estimateExamination(rows.slice(0, 50))(5)).toBe(1);
});
