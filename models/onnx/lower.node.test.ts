import { lax, nn, numpy as np, random, valueAndGrad } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { compareRuntimes, type Example, encodeFunction, ints, scattered } from '../../tests/onnx-agreement.ts';
import { replaceGradient, softmax } from './gradients.ts';
import { GraphBuilder } from './graph.ts';
import { lower, type Tensor } from './lower.ts';

const TOLERANCE = 1e-5;

/** A causal transformer of one layer: heads, norms, feed-forward layer, and one table for input and output items. */
function predict(items: np.Array, table: np.Array, weights: np.Array, inner: np.Array): np.Array {
  const [batch, length] = items.shape as [number, number];
  const width = table.shape[1]!;
  const normalise = (array: np.Array) => {
    const centred = array.ref.sub(np.mean(array, -1, { keepdims: true }));
    return centred.ref.div(np.sqrt(np.mean(np.square(centred), -1, { keepdims: true }).add(1e-5)));
  };
  const hidden = np.take(table.ref, items, 0).mul(Math.sqrt(width));
  const [q, k, v] = np
    .split(np.matmul(normalise(hidden.ref), weights), 3, -1)
    .map((part) => part.reshape([batch, length, 2, width / 2])) as [np.Array, np.Array, np.Array];
  const later = np.triu(np.ones([length, length]), 1).mul(-1e9);
  const seen = nn.softmax(
    np
      .einsum('bihd,bjhd->bhij', q, k)
      .mul((width / 2) ** -0.5)
      .add(later),
    -1,
  );
  const attended = hidden.add(np.einsum('bhij,bjhd->bihd', seen, v).reshape([batch, length, width]));
  const fed = np.matmul(nn.gelu(np.matmul(normalise(attended.ref), inner.ref)), inner.transpose());
  return np.matmul(attended.add(fed), table.transpose());
}

const itemsOf = (batch: number): Example =>
  ints([batch, 5], ...Array.from({ length: 5 * batch }, (_, at) => (at * 4) % 7));
const WEIGHTS = [scattered([7, 4], 0, 0.5), scattered([4, 12], 1, 0.5), scattered([4, 8], 2, 0.5)];

test('a transformer and its gradients equal those of jax-js', async () => {
  const loss = (table: np.Array, weights: np.Array, inner: np.Array, items: np.Array, targets: np.Array) => {
    const logits = predict(items, table, weights, inner);
    const ofTargets = np.takeAlongAxis(logits.ref, targets.reshape([3, 5, 1]), -1).reshape([3, 5]);
    return np.mean(nn.logsumexp(logits, -1).sub(ofTargets));
  };
  const step = (...arrays: np.Array[]) => {
    const [value, gradients] = valueAndGrad(loss, { argnums: [0, 1, 2] })(...(arrays as Parameters<typeof loss>));
    return [value, ...gradients];
  };
  const targets = ints([3, 5], ...Array.from({ length: 15 }, (_, at) => (at * 5) % 7));
  expect(await compareRuntimes(step, [...WEIGHTS, itemsOf(3), targets])).toBeLessThan(TOLERANCE);
});

test('one graph serves batches of any size', async () => {
  const dimensions = [['batch', 5] as const, ...WEIGHTS.map(({ shape }) => shape)];
  for (const batch of [1, 3]) {
    const difference = await compareRuntimes(predict as never, [itemsOf(batch), ...WEIGHTS], dimensions);
    expect(difference).toBeLessThan(TOLERANCE);
  }
});

test('sizes that depend on the batch are computed when the model runs', async () => {
  const fn = (values: np.Array, at: np.Array) => {
    const [batch] = values.shape as [number];
    const repeated = np.broadcastTo(values.ref.reshape([batch, 1, 3]), [batch, 2, 3]);
    const padded = np.concatenate([repeated.ref, np.zeros([batch, 1, 3])], 1);
    const rows = np.takeAlongAxis(values.ref, at.ref, 1);
    const counted = np.take(np.sum(values, 0), at, 0);
    return [repeated.reshape([batch * 2, 3]), padded, rows, counted, np.ones([batch, 2])];
  };
  for (const batch of [1, 3]) {
    const at = ints([batch, 2], ...Array.from({ length: 2 * batch }, (_, element) => element % 3));
    const dimensions = [['batch', 3] as const, ['batch', 2] as const];
    expect(await compareRuntimes(fn, [scattered([batch, 3]), at], dimensions)).toBeLessThan(TOLERANCE);
  }
});

test('a hand-written gradient leaves the value unchanged and adds no operators to the graph', async () => {
  const byHand = (x: np.Array) => softmax(x);
  const step = (x: np.Array) => {
    const weighted = (array: np.Array) => np.sum(byHand(array).mul(np.arange(4)));
    const derived = (array: np.Array) => np.sum(nn.softmax(array, -1).mul(np.arange(4)));
    const [value, gradient] = valueAndGrad(weighted)(x.ref);
    const [expectedValue, expected] = valueAndGrad(derived)(x);
    return [value.sub(expectedValue), gradient.sub(expected)];
  };
  const x = scattered([3, 4]);
  expect(await compareRuntimes(step, [x])).toBeLessThan(TOLERANCE);
  expect(operators(byHand, [x])).toEqual(['Softmax']);

  const straight = (array: np.Array) => replaceGradient(np.floor(array.ref), array);
  expect(operators(straight, [x])).toEqual(['Floor']);
});

test('operators that jax-js decomposes become one operator again', () => {
  const [x, y] = [scattered([3, 4]), scattered([3, 4], 1)];
  expect(operators((a, b) => a.sub(b), [x, y])).toEqual(['Sub']);
  expect(operators((a, b) => a.div(b), [x, y])).toEqual(['Div']);
  expect(operators((a) => nn.softmax(a, -1), [x])).toEqual(['Softmax']);
  expect(operators((a, b) => np.matmul(a.transpose(), b), [x, y])).toEqual(['Gemm']);
  expect(operators((a, b) => np.einsum('abc,dc->abd', a, b), [scattered([2, 3, 4]), x]).filter(isCopy)).toEqual([]);
  const twice = (a: np.Array, b: np.Array) => np.exp(a.ref.mul(b.ref)).add(np.exp(b.mul(a)));
  expect(operators(twice, [x, y])).toEqual(['Mul', 'Exp', 'Add']);
});

test('a bias joins its product, whatever their axes are', async () => {
  const factors = [scattered([3, 4]), scattered([4, 3], 1)];
  const biased = (a: np.Array, b: np.Array, bias: np.Array) => bias.add(np.matmul(a, b));
  const turned = (a: np.Array, b: np.Array, bias: np.Array) => np.matmul(a, b).transpose().add(bias);
  const twice = (a: np.Array, b: np.Array, bias: np.Array) => np.matmul(a, b).add(bias.ref).add(bias);
  const examples = [
    { shape: [3], joins: true },
    { shape: [1, 3], joins: true },
    { shape: [3, 1], joins: true },
    { shape: [3, 1, 1], joins: false },
    { shape: [3, 3], joins: false },
    { shape: [], joins: false },
  ];
  for (const { shape, joins } of examples) {
    const bias = scattered(shape, 2);
    const written = operators(biased, [...factors, bias]).filter((operator) => operator !== 'Reshape');
    expect(written).toEqual(joins ? ['Gemm'] : ['Gemm', 'Add']);
    for (const sum of [biased, turned, twice])
      expect(await compareRuntimes(sum as never, [...factors, bias])).toBeLessThan(TOLERANCE);
  }
});

const isCopy = (operator: string) => ['Transpose', 'Expand'].includes(operator);

test('the same function gives the same bytes, and parts of a graph do not clash', () => {
  const examples = [itemsOf(2), ...WEIGHTS];
  expect(encodeFunction(predict as never, examples).bytes).toEqual(encodeFunction(predict as never, examples).bytes);

  const graph = new GraphBuilder('two parts');
  const x: Tensor = { name: graph.input('x', 'float32', ['batch', 3]), type: 'float32', dimensions: ['batch', 3] };
  const half = (tensors: { x: np.Array }) => ({ halves: [tensors.x.mul(0.5)] });
  const first = lower(graph.scope('first'), half, [{ x }]);
  const second = lower(graph.scope('second'), half, [{ x: first.halves[0]! }]);
  const third = lower(graph.scope('second'), half, [{ x }]);
  expect([first, second, third].map(({ halves }) => halves[0])).toEqual([
    { name: 'first/mul_0', type: 'float32', dimensions: ['batch', 3] },
    { name: 'second/mul_0', type: 'float32', dimensions: ['batch', 3] },
    { name: 'second/mul_1', type: 'float32', dimensions: ['batch', 3] },
  ]);
});

test('an error names the primitive that cannot be lowered, and the function it is in', () => {
  const graph = new GraphBuilder('unknown');
  const x: Tensor = { name: graph.input('x', 'float32', ['batch', 3]), type: 'float32', dimensions: ['batch', 3] };
  const decompose = (a: np.Array) => lax.linalg.cholesky(np.matmul(a.ref.transpose(), a));
  expect(() => lower(graph, decompose, [x])).toThrow(/^cholesky cannot be lowered, with .*, in decompose: .*cholesky/);
  const countPlayers = (a: np.Array) => np.sum(np.ones([a.shape[0]!])).mul(np.sum(a));
  expect(() => lower(graph, countPlayers, [x])).toThrow(/in countPlayers/);
  const draw = (a: np.Array) => a.add(random.uniform(random.key(1), [3]));
  expect(() => lower(graph, draw, [x])).toThrow(/uint32 cannot be lowered/);
});

/** The operators of a lowered function, in order. */
function operators(fn: (...arrays: np.Array[]) => np.Array, examples: readonly Example[]): string[] {
  const written: string[] = [];
  class Recorder extends GraphBuilder {
    override node(...node: Parameters<GraphBuilder['node']>): string {
      written.push(node[1]);
      return super.node(...node);
    }
  }
  encodeFunction(fn, examples, undefined, new Recorder('recorded'));
  return written.slice(0, -1);
}
