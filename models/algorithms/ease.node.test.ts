import { expect, test } from 'vitest';
import { relative, scoreItems, trainOnSequences } from '../../tests/try-algorithm.ts';
import { encodeRetrievalModel } from './algorithm.ts';
import { trainEase } from './ease.ts';

const USERS = 60;
const ITEMS = 9;
// No pattern, so that no two weights are equal.
const interacted = (user: number, item: number) => Math.sin(user * 12.9898 + item * 78.233) > 0.3;
const sequences = Array.from({ length: USERS }, (_, user) =>
  Array.from({ length: ITEMS }, (_, item) => item)
    .filter((item) => interacted(user, item))
    .map((item) => `g${item}`),
);

/** B by its definition in the paper: Gauss–Jordan on [G + λI | I]; rows and columns are g0 … g8. */
function computeReference(regularisation: number): number[][] {
  const rows = Array.from({ length: ITEMS }, (_, i) => [
    ...Array.from({ length: ITEMS }, (_, j) => {
      let count = i === j ? regularisation : 0;
      for (let user = 0; user < USERS; user++) if (interacted(user, i) && interacted(user, j)) count++;
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

test('the model file scores one item as a row of B, for each λ tried; negative weights score as 0', async () => {
  // The smaller λ, the better: the search goes down to the smallest.
  const models = await trainOnSequences(
    trainEase,
    sequences,
    ({ parameters }) => 1 / Number(parameters.regularisation),
  );
  expect(new Set(models.map(({ parameters }) => parameters.regularisation))).toEqual(new Set([1000, 3000, 300, 100]));
  for (const model of models) {
    const expected = computeReference(Number(model.parameters.regularisation));
    for (let item = 0; item < ITEMS; item++) {
      const row = Object.fromEntries(expected[item]!.map((weight, other) => [`g${other}`, Math.max(0, weight)]));
      const scores = relative(await scoreItems(model, `g${item}`));
      for (const [other, weight] of Object.entries(relative(row)))
        expect(Math.abs(scores[other]! - weight), `g${item} → ${other}`).toBeLessThan(2e-3);
    }
  }
});

test('the same interactions give the same files, byte for byte', async () => {
  const files = async () =>
    (await trainOnSequences(trainEase, sequences)).map((model) => encodeRetrievalModel(model).bytes);
  expect(await files()).toEqual(await files());
});
