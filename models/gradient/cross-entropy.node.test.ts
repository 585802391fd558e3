import { init, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { beforeAll, expect, test } from 'vitest';
import { createRandom } from '../data/random.ts';
import { crossEntropy } from './cross-entropy.ts';

const [POSITIONS, ITEMS, WIDTH] = [6, 5, 3];
const random = createRandom(1, 'cross-entropy');
const draw = (rows: number, columns: number) =>
  np.array(Float32Array.from({ length: rows * columns }, () => random.normal())).reshape([rows, columns]);
const closeTo = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual).toHaveLength(expected.length);
  Array.from(actual).forEach((value, n) => {
    expect(value, `element ${n}`).toBeCloseTo(expected[n]!, 5);
  });
};

beforeAll(async () => {
  await init();
});

test('the loss and both gradients equal those that jax-js derives from the formula', async () => {
  const users = draw(POSITIONS, WIDTH);
  const items = draw(ITEMS, WIDTH);
  const targets = np.array(Int32Array.of(0, 4, 2, 2, 1, 0), { dtype: np.int32 });
  // The last position does not count.
  const lossWeights = np.array(Float32Array.of(0.1, 0.2, 0.3, 0.2, 0.2, 0));

  const plain = ({ u, i }: { u: np.Array; i: np.Array }) => {
    const isTarget = nn.oneHot(targets.ref, ITEMS);
    const logProbabilities = nn.logSoftmax(np.matmul(u, i.transpose()), -1);
    return np.sum(np.sum(logProbabilities.mul(isTarget), -1).neg().mul(lossWeights.ref));
  };
  const own = ({ u, i }: { u: np.Array; i: np.Array }) => crossEntropy(u, i, targets.ref, lossWeights.ref);
  const [expected, expectedGradients] = valueAndGrad(plain)({ u: users.ref, i: items.ref });
  const [value, gradients] = valueAndGrad(own)({ u: users, i: items });
  closeTo(await value.data(), await expected.data());
  closeTo(await gradients.u.data(), await expectedGradients.u.data());
  closeTo(await gradients.i.data(), await expectedGradients.i.data());
});
