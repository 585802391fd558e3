import { expect, test } from 'vitest';
import { InteractionLog } from '../../tests/interaction-log.ts';
import { ReleaseManifest } from '../contracts/release.ts';
import type { PairCounts } from '../data/pair-counts.ts';
import { encodeHistories } from '../features/history.ts';
import { openScorer } from '../onnx/session.ts';
import { selectAlgorithms } from './algorithms.ts';
import { type TrainingInput, trainRelease } from './train-release.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const GENRES = 6;
const GAMES_PER_GENRE = 15;

/** Players who stay within one genre, each in their own order: a pattern for EASE and none for popularity. */
function devotedPlayers(players: number, gamesEach = 6): InteractionLog {
  const log = new InteractionLog();
  for (let player = 0; player < players; player++)
    for (let n = 0; n < gamesEach; n++) {
      const game = (player * 5 + n * (1 + (player % 7)) * 2) % GAMES_PER_GENRE;
      const itemId = `genre${player % GENRES}-game${game}`;
      const timestamp = START + (player % 10) * DAY_MS + n * 3_600_000;
      log.add({ userId: `player${player}`, itemId, type: 'like', value: null, timestamp });
    }
  return log;
}

const input = (log: InteractionLog, current?: TrainingInput['current']): TrainingInput => ({
  interactions: log.collect(),
  rows: [],
  catalogue: new Map(),
  snapshot: { version: '20260201T000000000Z', lastSequences: [77, 5] },
  current,
  recent: [],
  algorithms: selectAlgorithms('ease'),
  budgetMs: 60_000,
  seed: 1,
  device: 'cpu',
  signal: new AbortController().signal,
  checkpoints: { read: () => undefined, write() {} },
  readPeakMemoryMB: () => 0,
  onProgress() {},
  clock: () => Date.UTC(2026, 10, 23, 19),
});

async function train(log: InteractionLog, current?: TrainingInput['current']) {
  const trained = await trainRelease(input(log, current));
  if (!trained.ok) throw new Error(trained.error);
  return trained.value;
}

test('a release has figures, ranges, digests and a self-test that its own file passes', async () => {
  const { manifest, model, vocabulary, verdict } = await train(devotedPlayers(300));
  expect(ReleaseManifest.parse(manifest)).toEqual(manifest);
  expect(manifest.version).toMatch(/^20261123T190000Z-ease-[0-9a-f]{8}$/);
  expect(verdict.publish).toBe(true);
  expect(manifest.metrics.candidate.users).toBe(300);
  expect(manifest.metrics.candidate['ndcg@10']).toBeGreaterThan(2 * manifest.metrics.popularity['ndcg@10']);
  expect(manifest.metrics.current).toBeNull();
  expect(manifest.data).toMatchObject({ lastSequences: [77, 5], users: 300, from: '2026-01-01T00:00:00.000Z' });
  expect(manifest.model.bytes).toBe(model.length);
  // The file's own metadata name its vocabulary.
  expect(Buffer.from(model).includes(manifest.vocabulary.sha256)).toBe(true);

  const itemIds: string[] = JSON.parse(new TextDecoder().decode(vocabulary));
  expect(itemIds).toHaveLength(manifest.items);
  const { history, expected } = manifest.selfTest;
  expect(history.length).toBeGreaterThan(2);
  const indices = new Map(itemIds.map((itemId, index) => [itemId, index]));
  const scorer = await openScorer(model, itemIds);
  const scores = await scorer.score(encodeHistories([history], indices));
  await scorer.release();
  // The best ten, and others from all over the order: of so few games all.
  expect(expected).toHaveLength(itemIds.length);
  expect(expected[0]!.score).toBe(scores.reduce((most, score) => Math.max(most, score)));
  expect(expected.at(-1)!.score).toBe(scores.reduce((least, score) => Math.min(least, score)));
  for (const { itemId, score } of expected) expect(scores[indices.get(itemId)!]).toBe(score);
  expect((await train(devotedPlayers(300))).manifest).toEqual(manifest);
});

test('the release in use is measured on the same players through its own file and vocabulary', async () => {
  const first = await train(devotedPlayers(300));
  const current = (trained: typeof first) => ({
    version: trained.manifest.version,
    itemIds: JSON.parse(new TextDecoder().decode(trained.vocabulary)) as string[],
    model: trained.model,
  });
  const again = await train(devotedPlayers(300), current(first));
  expect(again.manifest.metrics.current).toEqual(first.manifest.metrics.candidate);
  expect(again.verdict.publish).toBe(true);
  expect(again.manifest.metrics.best).toEqual({
    version: first.manifest.version,
    metrics: first.manifest.metrics.candidate,
  });

  // A release in use that is no better than popularity is no reason to accept less than the best of the last.
  const games = current(first).itemIds;
  const poor = { version: 'poor', itemIds: games.toReversed(), model: first.model };
  const popular = {
    ...input(devotedPlayers(300), poor),
    recent: [current(first)],
    algorithms: selectAlgorithms('item-knn'),
  };
  const { metrics } = again.manifest;
  const remembered = await trainRelease(popular);
  if (!remembered.ok) throw new Error(remembered.error);
  expect(remembered.value.manifest.metrics.best).toEqual({
    version: first.manifest.version,
    metrics: metrics.candidate,
  });
  expect(remembered.value.verdict.reason).toContain('the best of the last 2');

  // Half of the players play games that the release in use does not know.
  const log = devotedPlayers(300);
  for (let player = 0; player < 300; player += 2)
    for (let n = 0; n < 3; n++)
      log.add({
        userId: `player${player}`,
        itemId: `new${(player + n) % 8}`,
        type: 'like',
        value: null,
        timestamp: START + (20 + n) * DAY_MS,
      });
  const later = await train(log, current(first));
  expect(later.manifest.items).toBeGreaterThan(first.manifest.items);
  expect(later.manifest.metrics.current!['ndcg@10']).toBeLessThan(later.manifest.metrics.candidate['ndcg@10']);
});

test('with counts, only interactions after them are held out, for the next release too', async () => {
  const log = devotedPlayers(300);
  const until = (days: number): PairCounts => ({
    ...{ itemIds: ['genre0-game0', 'genre0-game1'], players: Float64Array.of(9, 9), starts: Int32Array.of(0, 1, 2) },
    ...{ others: Int32Array.of(1, 0), sums: [Float32Array.of(5, 5)], countedUntil: START + days * DAY_MS },
  });
  const train = (changes: Partial<TrainingInput>) =>
    trainRelease({ ...input(log), algorithms: selectAlgorithms('item-knn'), ...changes });
  const counted = await train({ counts: { 'item-knn': until(5) } });
  if (!counted.ok) throw new Error(counted.error);
  const { manifest, model, vocabulary, candidates } = counted.value;
  // Half of the players begin on the sixth day or later.
  expect(manifest.metrics.candidate.users).toBe(150);
  expect(manifest.data.countedUntil).toBe('2026-01-06T00:00:00.000Z');
  expect(manifest.metrics.protocol).toContain('if it is later than 2026-01-06T00:00:00.000Z');
  const own = await train({});
  if (!own.ok) throw new Error(own.error);
  expect(own.value.manifest.metrics.candidate.users).toBe(300);
  expect(own.value.manifest.data.countedUntil).toBeUndefined();
  const ndcgOf = (all: typeof candidates) => all.find(({ algorithm }) => algorithm === 'item-knn')!.validation;
  // The counts contain only one pair.
  expect(ndcgOf(candidates)).toBeLessThan(ndcgOf(own.value.candidates) / 2);

  const itemIds: string[] = JSON.parse(new TextDecoder().decode(vocabulary));
  const current = { version: 'counted', itemIds, model, countedUntil: manifest.data.countedUntil };
  const next = await train({ current });
  expect(next.ok && next.value.manifest.metrics.candidate.users).toBe(150);
  expect(next.ok && next.value.manifest.data.countedUntil).toBeUndefined();
  // An earlier release that is measured is enough.
  const recent = await train({ recent: [current] });
  expect(recent.ok && recent.value.manifest.metrics.candidate.users).toBe(150);
  const all = await train({ counts: { 'item-knn': until(10) }, current });
  expect(all.ok ? undefined : all.error).toMatch(/no held-out player .* after 2026-01-11.*until an earlier day/);
});

test('without a pattern in the interactions the release is refused: popularity is better', async () => {
  const log = new InteractionLog();
  // All players begin with two games of their own and end with one of the same few.
  for (let player = 0; player < 60; player++) {
    log.add({ userId: `player${player}`, itemId: `own${player}`, type: 'like', value: null, timestamp: 1 });
    log.add({ userId: `player${player}`, itemId: `also${player}`, type: 'like', value: null, timestamp: 2 });
    log.add({ userId: `player${player}`, itemId: `hit${player % 3}`, type: 'like', value: null, timestamp: 3 });
  }
  for (let fan = 0; fan < 9; fan++)
    log.add({ userId: `fan${fan}`, itemId: `hit${fan % 3}`, type: 'like', value: null, timestamp: 1 });
  const { verdict } = await train(log);
  expect(verdict.publish).toBe(false);
  expect(verdict.reason).toMatch(/no better than showing everyone the same/);
});

test('insufficient data is reported with its reason', async () => {
  const one = (userId: string, itemId: string) => ({
    userId,
    itemId,
    type: 'like' as const,
    value: null,
    timestamp: 1,
  });
  const failure = async (...events: ReturnType<typeof one>[]) => {
    const log = new InteractionLog();
    for (const event of events) log.add(event);
    const trained = await trainRelease(input(log));
    return trained.ok ? undefined : trained.error;
  };
  expect(await failure()).toContain('no player has played');
  expect(await failure(one('a', 'x'), one('a', 'y'))).toContain('only one player');
  expect(await failure(one('a', 'x'), one('b', 'x'))).toContain('only one game');
  expect(await failure(one('a', 'x'), one('b', 'y'))).toContain('no player has interactions with two games');
  expect(await failure(one('a', 'x'), one('a', 'y'), one('b', 'y'))).toContain(
    'no player has interactions with three games',
  );
});
