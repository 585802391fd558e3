import { jit, lax, nn, numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import {
  compareRuntimes,
  type Example,
  floats,
  ints,
  scattered,
  type Traceable,
  withGradients,
} from '../../tests/onnx-agreement.ts';

const TOLERANCE = 1e-5;

const [x, y] = [scattered([3, 4]), scattered([3, 4], 1)];
const positive = floats([3, 4], (at) => 0.3 + at / 5);
const small = floats([3, 4], (at) => (at - 5.5) / 7);
/** With ties. */
const tied = floats([3, 4], (at) => [1, 3, 3, 2, 0, 0, 0, 0, 2, -1, 2, 1][at]!);

/** Compared with their gradients with respect to the float arguments. */
const smooth: Record<string, [Traceable, ...Example[]]> = {
  'add, and subtract': [(a, b) => a.ref.add(b.ref).sub(b.mul(a)), x, y],
  'multiply by a column and by a number': [(a, b) => a.mul(b).mul(3), x, scattered([3, 1])],
  'a row with a column of zeros': [(a, b) => a.sub(b.ref.sub(b)), scattered([1, 4]), scattered([3, 1])],
  divide: [(a, b) => a.div(b), x, positive],
  'divide by a column': [(a, b) => a.div(b), x, floats([3, 1], (at) => at + 1)],
  'min and max': [(a, b) => np.minimum(a.ref, 0.2).mul(np.maximum(a, b)), x, y],
  'exp, log and sqrt': [(a) => np.exp(a.ref).add(np.log(a.ref)).add(np.sqrt(a)), positive],
  'sin, cos and tan': [(a) => np.sin(a.ref).add(np.cos(a.ref)).add(np.tan(a)), small],
  'asin and atan': [(a) => np.arcsin(a.ref).mul(np.arctan(a)), small],
  'tanh, sigmoid and softplus': [(a) => np.tanh(a.ref).add(nn.sigmoid(a.ref)).add(nn.softplus(a)), x],
  'gelu, silu and relu': [(a) => nn.gelu(a.ref).add(nn.silu(a.ref)).add(nn.relu(a)), x],
  'erf and erfc': [(a) => lax.erf(a.ref).mul(lax.erfc(a)), x],
  'absolute value and clip': [(a) => np.abs(a.ref).add(np.clip(a, -0.5, 0.5)), x],
  'sum of a row, of a column and of all': [(a) => [np.sum(a.ref, 0), np.sum(a.ref, 1), np.sum(a)], x],
  'mean and variance': [(a) => [np.mean(a.ref, 0), np.var_(a, 1)], x],
  'product of a row': [(a) => np.prod(a, 1), positive],
  'max and min with ties': [(a) => [np.max(a.ref, 1), np.min(a, 0)], tied],
  softmax: [(a) => nn.softmax(a, -1), x],
  'softmax over another axis': [(a) => nn.softmax(a, 0), x],
  'exponentials by the sums of other rows': [
    (a) => {
      const exponentials = np.exp(a);
      return exponentials.ref.div(np.sum(exponentials, 1).reshape([1, 4]));
    },
    scattered([4, 4]),
  ],
  'logsumexp and log-softmax': [(a) => [nn.logsumexp(a.ref, -1), nn.logSoftmax(a, -1)], x],
  'where and compare': [(a, b) => np.where(np.less(a.ref, b.ref), a, b.mul(2)), x, y],
  'a stopped gradient': [(a) => lax.stopGradient(a.ref).mul(a), x],
  'a jitted function': [(a) => jit((b: np.Array) => np.exp(b.ref).mul(b))(a), x],
  'cumulative sum': [(a) => np.cumsum(a, 1), x],

  'a vector with a vector, with a matrix, and as an outer product': [
    (a, b, c) => [np.dot(a.ref, b.ref), np.matmul(c, a.ref), np.outer(a, b)],
    scattered([4]),
    scattered([4], 1),
    x,
  ],
  'matrices, each way round': [
    (a, b) => [np.matmul(a.ref, b.ref.transpose()), np.matmul(a.ref.transpose(), b.ref), np.matmul(b, a.transpose())],
    x,
    y,
  ],
  'a matrix with a reshaped array': [
    (a, b) => np.matmul(a.reshape([2, 3, 4]), b.transpose()).reshape([6, 3]),
    scattered([6, 4]),
    x,
  ],
  'stacks of matrices, and a stack with one matrix': [
    (a, b, c) => [np.matmul(a.ref, b), np.matmul(a, c)],
    scattered([2, 3, 4]),
    scattered([2, 4, 5], 1),
    scattered([4, 2], 2),
  ],
  'einsum with heads': [
    (a, b) => np.einsum('bihd,bjhd->bhij', a, b),
    scattered([2, 3, 2, 4]),
    scattered([2, 5, 2, 4], 1),
  ],
  'einsum over two dimensions': [
    (a, b) => np.einsum('abc,dcb->ad', a, b),
    scattered([2, 3, 4]),
    scattered([5, 4, 3], 1),
  ],
  'einsum over an axis of one side only': [(a, b) => np.einsum('ab,c->ac', a, b), x, scattered([2], 1)],
  'a product with a broadcast array': [
    (a, b) => np.matmul(np.broadcastTo(a.reshape([3, 1, 4]), [3, 2, 4]), np.broadcastTo(b, [3, 4, 2])),
    x,
    scattered([2], 1),
  ],

  'reshape and transpose': [(a) => a.reshape([2, 6]).transpose().reshape([4, 3]), x],
  'broadcast a row and sum it': [(a) => np.sum(np.broadcastTo(a.reshape([1, 12]), [5, 12]).reshape([5, 3, 4]), 0), x],
  'split, join and stack': [
    (a) => {
      const [left, right] = np.split(a, 2, 1);
      return np.concatenate([right!.ref, left!, np.stack([right!], 0).reshape([3, 2])], 1);
    },
    x,
  ],
  'cut, pad and flip': [
    (a) =>
      np.flip(
        np.pad(a.slice([1, 3], [0, 2]), [
          [1, 0],
          [0, 2],
        ]),
        1,
      ),
    x,
  ],
  'sort with ties': [(a) => np.sort(a, 1), tied],

  'take rows, some more than once': [(a, at) => np.take(a, at, 0), x, ints([2, 3], 2, 0, 2, 2, 1, 0)],
  'take columns': [(a, at) => np.take(a, at, 1), x, ints([3], 3, 3, 0)],
  'take along an axis': [(a, at) => np.takeAlongAxis(a, at, 1), x, ints([3, 2], 3, 3, 0, 1, 2, 2)],
  'take by two dimensions at once': [(a, i, j) => a.slice(i, j), x, ints([3], 2, 2, 0), ints([3], 1, 1, 3)],
  'take by the last dimension of three': [(a, at) => a.reshape([2, 3, 2]).slice([], 1, at), x, ints([3], 1, 1, 0)],
  'take one element': [(a, at) => np.take(a, at, 0), x, ints([], 1)],
};

test.each(Object.entries(smooth))('%s: values and gradients equal those of jax-js', async (_, [fn, ...examples]) => {
  expect(await compareRuntimes(fn, examples)).toBeLessThan(TOLERANCE);
  const floating = Array.from(examples.keys()).filter((at) => examples[at]!.data instanceof Float32Array);
  expect(await compareRuntimes(withGradients(fn, floating), examples)).toBeLessThan(TOLERANCE);
});

/** Compared without gradients. */
const exact: Record<string, [Traceable, ...Example[]]> = {
  'floor, ceil and round to an int': [(a) => [np.floor(a.ref), np.ceil(a.ref), a.astype(np.int32)], x],
  'remainders of floats and ints': [
    (a, b) => [np.remainder(a, 0.4), np.remainder(b.ref, 3), np.fmod(b, 3)],
    x,
    ints([4], -5, 4, 7, -1),
  ],
  'truncation of floats and ints': [(a, b) => [np.trunc(a.mul(3)), np.trunc(b)], x, ints([4], -5, 4, 7, -1)],
  comparisons: [
    (a, b) => [np.less(a.ref, b.ref), np.lessEqual(a.ref, b.ref), np.equal(a.ref, b.ref), np.notEqual(a, b)].map(toInt),
    tied,
    floats([3, 4], (at) => at % 3),
  ],
  'bools: any, all, not and sum': [
    (a) => {
      const isPositive = np.greater(a, 0);
      return [
        np.any(isPositive.ref, 1),
        np.all(isPositive.ref, 0),
        np.logicalNot(isPositive.ref),
        np.sum(isPositive),
      ].map(toInt);
    },
    tied,
  ],
  'an array that the function creates': [(a) => np.where(np.triu(np.ones([3, 4]), 1).astype(np.bool), a, -1), x],
  'a range that the function creates': [(a) => a.add(np.arange(4)), x],
  'argmax and argsort with ties': [(a) => [np.argmax(a.ref, 1), np.argsort(a, 1)], tied],
  'an output that is an input, and one that is a literal': [(a) => [a, np.array(3)], x],
};
const toInt = (array: np.Array): np.Array => array.astype(np.int32);

test.each(Object.entries(exact))('%s: values equal those of jax-js', async (_, [fn, ...examples]) => {
  expect(await compareRuntimes(fn, examples)).toBeLessThan(TOLERANCE);
});
