import { expect, test } from 'vitest';
import { encodeHistories } from '../features/history.ts';
import { InteractionLog } from '../training/interactions.ts';
import { openScorer } from '../training/session.ts';
import { EASE_DEFAULTS, trainEase } from './ease.ts';
import { trainPopularity } from './popularity.ts';

const USERS = 60;
const ITEMS = 9;
// No pattern, so that no two weights are equal.
const chosen = (user: number, item: number) => Math.sin(user * 12.9898 + item * 78.233) > 0.3;

function interactions() {
  const log = new InteractionLog();
  for (let user = 0; user < USERS; user++)
    for (let item = 0; item < ITEMS; item++)
      if (chosen(user, item))
        log.add({ userId: `u${user}`, itemId: `g${item}`, type: 'like', value: null, timestamp: item });
  return log.collect();
}

/** B as the paper writes it, by Gauss-Jordan on [G + λI | I]; rows and columns are g0 … g8. */
function easeByTheBook(regularisation: number): number[][] {
  const rows = Array.from({ length: ITEMS }, (_, i) => [
    ...Array.from({ length: ITEMS }, (_, j) => {
      let count = i === j ? regularisation : 0;
      for (let user = 0; user < USERS; user++) if (chosen(user, i) && chosen(user, j)) count++;
      return count;
    }),
    ...Array.from({ length: ITEMS }, (_, j) => (i === j ? 1 : 0)),
  ]);
  for (let k = 0; k < ITEMS; k++) {
    const pivot = rows[k]![k]!;
    rows[k] = rows[k]!.map((value) => value / pivot);
    for (let i = 0; i < ITEMS; i++) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  const inverse = rows.map((row) => row.slice(ITEMS));
  return inverse.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / inverse[j]![j]!)));
}

test('EASE’s model file scores one item as a row of B, and keeps the largest weights where it may not keep all', async () => {
  const expected = easeByTheBook(4);
  for (const neighboursMax of [ITEMS, 3]) {
    const model = await trainEase(interactions(), { regularisation: 4, halfLifeDays: 2, neighboursMax });
    const { itemIds, file } = model;
    expect([...itemIds].sort()).toEqual(Array.from({ length: ITEMS }, (_, item) => `g${item}`));
    const scorer = await openScorer(file, itemIds);
    const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
    for (let item = 0; item < ITEMS; item++) {
      const row = expected[item]!;
      const smallest = [...row].map(Math.abs).sort((a, b) => b - a)[neighboursMax - 1]!;
      // An age of one half-life: half the weight.
      const scores = await scorer.score(encodeHistories([[{ itemId: `g${item}`, weight: 1, ageDays: 2 }]], places));
      row.forEach((weight, other) => {
        const kept = Math.abs(weight) >= smallest - 1e-9 ? weight / 2 : 0;
        expect(scores[places.get(`g${other}`)!], `g${item} → g${other}`).toBeCloseTo(kept, 5);
      });
    }
    await scorer.release();
  }
});

test('popularity gives every history the same scores: how many players chose each item', async () => {
  const { itemIds, file } = await trainPopularity(interactions());
  const scorer = await openScorer(file, itemIds);
  const scores = await scorer.score(
    encodeHistories([[{ itemId: 'g1', weight: 1, ageDays: 0 }], []], new Map([['g1', 0]])),
  );
  const counts = itemIds.map(
    (id) => Array.from({ length: USERS }, (_, u) => chosen(u, Number(id.slice(1)))).filter(Boolean).length,
  );
  expect([...scores]).toEqual([...counts, ...counts]);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  await scorer.release();
});

test('the same interactions give the same file, byte for byte', async () => {
  const once = await trainEase(interactions(), EASE_DEFAULTS);
  expect((await trainEase(interactions(), EASE_DEFAULTS)).file).toEqual(once.file);
});
