import { expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { computeMean } from '../evaluation/metrics.ts';
import { ACTIONS, FEATURES, FEATURES_HASH } from '../features/ranking.ts';
import { openSession } from '../onnx/session.ts';
import { collectExamples, estimateExamination } from './examples.ts';
import { type Impression, ImpressionLog, type ShownRow } from './impressions.ts';
import { measureNdcg } from './measure.ts';
import { judgeRanker, type RankingTraining, trainRanker } from './train-ranker.ts';

const place = (name: string) => FEATURES.findIndex((feature) => feature.name === name);
const [PRIOR, TASTE, PRICE] = ['prior', 'affinity/genres', 'price'].map(place) as [number, number, number];
const COLUMNS = 8;
const SHUFFLED = 0.3;
const examinedAt = (column: number) => 0.95 * 0.8 ** column;

/** Rows in the order of a prior that knows half of what players want; `taste` 0: they want nothing in particular. */
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
    if (shuffled) games.sort(() => random.next() - 0.5);
    const last = games.findLastIndex((_, column) => random.chance(examinedAt(column)));
    return {
      recommendationId: `r${row}`,
      userId: `u${Math.floor(row / 5)}`,
      shownAt: row,
      shuffled,
      entries: games.map(({ itemId, features }, column): Impression => {
        const wish = -2 + taste * (2 * features[TASTE]! - 4 * features[PRICE]!);
        const examined = column <= last;
        const clicked = examined && random.chance(1 / (1 + Math.exp(-wish)));
        const chance = { propensity: 1, exploration: shuffled, rowId: 'top-picks', row: 0, column };
        const outcomes = ACTIONS.map((action) => clicked && (action === 'click' || random.chance(0.2)));
        return { itemId, features, examined, outcomes, ...chance };
      }),
    };
  });
}

const training = (rows: ShownRow[], changes: Partial<RankingTraining> = {}): RankingTraining => ({
  rows,
  current: undefined,
  seed: 1,
  device: 'cpu',
  signal: new AbortController().signal,
  onProgress() {},
  ...changes,
});

test('learns what the prior does not know, and says by how much; the same seed gives the same file', async () => {
  const rows = drawRows(5_000, 1);
  const { ranking, outcome, reason } = await trainRanker(training(rows));
  expect(outcome).toBe('trained');
  const { metrics, model, selfTest } = ranking!;
  expect(metrics.ndcg).toBeGreaterThan(metrics.priorNdcg + 0.03);
  expect(metrics.logLoss).toBeLessThan(metrics.baseLogLoss);
  const { ranker, prior, difference } = metrics.snips!;
  expect(difference.value).toBeCloseTo(ranker.value - prior.value);
  expect(reason).toContain(metrics.ndcg.toFixed(4));

  const session = await openSession(model);
  const probabilities = new Float32Array(selfTest.expected.length);
  const asked = selfTest.features.length / FEATURES.length;
  await session.run(
    { features: { data: Float32Array.from(selfTest.features), dimensions: [asked, FEATURES.length] } },
    { probabilities: { data: probabilities, dimensions: [asked, ACTIONS.length] } },
  );
  // A cheap game of the player's taste, and a dear one that is not.
  const two = new Float32Array(2 * FEATURES.length);
  two[TASTE] = 1;
  two[FEATURES.length + PRICE] = 1;
  const chances = new Float32Array(2 * ACTIONS.length);
  await session.run(
    { features: { data: two, dimensions: [2, FEATURES.length] } },
    { probabilities: { data: chances, dimensions: [2, ACTIONS.length] } },
  );
  await session.release();
  probabilities.forEach((value, at) => {
    expect(value).toBeCloseTo(selfTest.expected[at]!, 5);
  });
  expect(chances[0]).toBeGreaterThan(5 * chances[ACTIONS.length]!);
  expect((await trainRanker(training(rows))).ranking!.model).toEqual(model);
});

test('goes without where there is too little, or nothing to know, and keeps the ranker in use that reads the same', async () => {
  const few = await trainRanker(training(drawRows(100, 1)));
  expect(few).toMatchObject({ outcome: 'none', ranking: undefined });
  expect(few.reason).toMatch(/\d+ impressions that were looked at and \d+ .*, where it takes 2000 and 100/);

  const { ranking } = await trainRanker(training(drawRows(2_000, 1)));
  const kept = await trainRanker(training(drawRows(100, 1), { current: ranking }));
  expect(kept).toMatchObject({ outcome: 'kept', ranking });
  const foreign = { ...ranking!, featuresHash: 'another' };
  expect((await trainRanker(training(drawRows(100, 1), { current: foreign }))).outcome).toBe('none');
});

test('is judged by both figures', () => {
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

test('does not hold it against an order that it was the one in use', () => {
  // Whoever finds something looks no further: the good one is the last that is looked at, behind what the order prefers.
  const random = createRandom(3, 'stopping');
  const rows = Array.from({ length: 2_000 }, (_, row): ShownRow => {
    const wishes = Array.from({ length: COLUMNS }, () => random.next()).sort((a, b) => b - a);
    const found = wishes.findIndex((wish) => random.chance(0.6 * wish));
    return {
      recommendationId: `r${row}`,
      userId: `u${row % 200}`,
      shownAt: row,
      shuffled: false,
      entries: wishes.map((wish, column): Impression => {
        const features = new Float32Array(FEATURES.length).fill(wish);
        const chance = { propensity: 1, exploration: false, rowId: 'top-picks', row: 0, column };
        const outcomes = ACTIONS.map((action) => column === found && action === 'click');
        return { itemId: `${row}-${column}`, features, examined: found < 0 || column <= found, outcomes, ...chance };
      }),
    };
  });
  const inUse = measureNdcg(rows, (entries) => entries.map(({ features }) => features[0]!));
  const turned = measureNdcg(rows, (entries) => entries.map(({ features }) => -features[0]!));
  const none = measureNdcg(rows, (entries) => entries.map(() => 0));
  expect(computeMean(inUse)).toBeGreaterThan(computeMean(none) + 0.01);
  expect(computeMean(none)).toBeGreaterThan(computeMean(turned) + 0.01);
});

test('joins slates with what was done, and takes as looked at what stands left of it', () => {
  const entry = (itemId: string, row: number, column: number) => ({
    itemId,
    row,
    column,
    rowId: `row-${row}`,
    propensity: 1,
    exploration: row === 1,
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
    entries,
    features: Buffer.from(features.buffer).toString('base64'),
  };
  const log = new ImpressionLog();
  log.addSlate(slate);
  log.addSlate({ ...slate, recommendationId: 'old', featuresHash: 'old' });
  log.addEvent({ type: 'wishlist', itemId: 'b', recommendationId: 'r' });
  log.addEvent({ type: 'click', itemId: 'b', recommendationId: 'r' });
  log.addEvent({ type: 'click', itemId: 'c', recommendationId: 'another' });
  log.addEvent({ type: 'play', itemId: 'unknown', recommendationId: 'r' });
  expect(log.foreign).toBe(1);
  const rows = log.collect();
  expect(rows.map(({ shuffled }) => shuffled)).toEqual([false, true]);
  expect(rows.flatMap((row) => row.entries.map(({ examined }) => examined))).toEqual([true, true, false, false, false]);
  expect(rows[0]!.entries[1]!.outcomes).toEqual([true, false, true, false, false]);

  const { count, features: learnt, labels, weights } = collectExamples(rows, (column) => 1 / (1 + column));
  expect(count).toBe(2);
  expect([...labels]).toEqual([0, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
  expect(weights[1]! / weights[0]!).toBeCloseTo(2);
  expect([learnt[0], learnt[FEATURES.length]]).toEqual([0, 1]);
  // Where it stood: the first row, and its second column is further right.
  expect(learnt[2 * FEATURES.length - 1]).toBeGreaterThan(learnt[FEATURES.length - 1]!);
});

test('tells from shuffled rows how likely each column is looked at', () => {
  const rows = drawRows(20_000, 1);
  const propensityOf = estimateExamination(rows);
  // Looked at: where it, or anything on its right, was.
  let unseen = 1;
  for (let column = COLUMNS - 1; column >= 0; column--) {
    unseen *= 1 - examinedAt(column);
    expect(propensityOf(column)).toBeCloseTo(1 - unseen, 1);
  }
  expect(estimateExamination(rows.slice(0, 50))(5)).toBe(1);
});
