import { init, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { beforeAll, expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { crossEntropy } from './cross-entropy.ts';

const [CELLS, ITEMS, WIDTH] = [6, 5, 3];
const random = createRandom(1, 'cross-entropy');
const draw = (rows: number, columns: number) =>
  np.array(Float32Array.from({ length: rows * columns }, () => random.normal())).reshape([rows, columns]);
const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual).toHaveLength(expected.length);
  Array.from(actual).forEach((value, n) => {
    expect(value, `place ${n}`).toBeCloseTo(expected[n]!, 5);
  });
};

beforeAll(async () => {
  await init();
});

test('the loss and both gradients are those of the formula differentiated as it stands', async () => {
  const wanted = draw(CELLS, WIDTH);
  const items = draw(ITEMS, WIDTH);
  const targets = np.array(Int32Array.of(0, 4, 2, 2, 1, 0), { dtype: np.int32 });
  // The last cell does not count.
  const shares = np.array(Float32Array.of(0.1, 0.2, 0.3, 0.2, 0.2, 0));

  const plain = ({ w, i }: { w: np.Array; i: np.Array }) => {
    const chosen = nn.oneHot(targets.ref, ITEMS);
    const logProbabilities = nn.logSoftmax(np.matmul(w, i.transpose()), -1);
    return np.sum(np.sum(logProbabilities.mul(chosen), -1).neg().mul(shares.ref));
  };
  const own = ({ w, i }: { w: np.Array; i: np.Array }) => crossEntropy(w, i, targets.ref, shares.ref);
  const [expected, expectedGradients] = valueAndGrad(plain)({ w: wanted.ref, i: items.ref });
  const [value, gradients] = valueAndGrad(own)({ w: wanted, i: items });
  closeTo(await value.data(), await expected.data());
  closeTo(await gradients.w.data(), await expectedGradients.w.data());
  closeTo(await gradients.i.data(), await expectedGradients.i.data());
});
