import { numpy as np } from '@jax-js/jax';
import { expect, test } from 'vitest';
import { type Loss, openTrainingStep, type Parameters } from './step.ts';

const OPTIONS = { learningRate: 0.1, warmUpSteps: 2, weightDecay: 0.01, clipNorm: 1 };
const STEPS = 30;

/** Σ (weights · x − y)², with a bias. */
const loss: Loss = ({ weights, bias }, { x, y }) => np.sum(np.square(np.matmul(x!, weights!).add(bias!).sub(y!)));
const initial: Parameters = {
  weights: { data: Float32Array.of(1, -2, 3, 0.5), dimensions: [2, 2] },
  bias: { data: Float32Array.of(0.5, 0), dimensions: [2] },
};
const shape = {
  x: { type: 'float32', dimensions: [1, 2] },
  y: { type: 'float32', dimensions: [1, 2] },
} as const;
const batches = Array.from({ length: STEPS }, (_, step) => ({
  x: { data: Float32Array.of(Math.sin(step + 1), Math.cos(2 * step)), dimensions: [1, 2] },
  y: { data: Float32Array.of(0.3, -0.1 * step), dimensions: [1, 2] },
}));

/** The same training in double precision, in plain code. */
function trainPlainly() {
  const [b1, b2, epsilon] = [0.9, 0.98, 1e-8];
  const p = { weights: [1, -2, 3, 0.5], bias: [0.5, 0] };
  const m = { weights: [0, 0, 0, 0], bias: [0, 0] };
  const v = { weights: [0, 0, 0, 0], bias: [0, 0] };
  const losses = batches.map(({ x: { data: x }, y: { data: y } }, at) => {
    const t = at + 1;
    const error = [0, 1].map((j) => x[0]! * p.weights[j]! + x[1]! * p.weights[2 + j]! + p.bias[j]! - y[j]!);
    const gradients = {
      weights: [0, 1, 2, 3].map((cell) => 2 * error[cell % 2]! * x[Math.floor(cell / 2)]!),
      bias: error.map((e) => 2 * e),
    };
    const norm = Math.hypot(...gradients.weights, ...gradients.bias);
    const clip = Math.min(1, OPTIONS.clipNorm / norm);
    const rate =
      OPTIONS.learningRate *
      Math.max(0, Math.min(t / OPTIONS.warmUpSteps, (STEPS - t) / (STEPS - OPTIONS.warmUpSteps), 1));
    const length = (rate * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t);
    for (const name of ['weights', 'bias'] as const)
      gradients[name].forEach((gradient, cell) => {
        m[name][cell] = b1 * m[name][cell]! + (1 - b1) * clip * gradient;
        v[name][cell] = b2 * v[name][cell]! + (1 - b2) * (clip * gradient) ** 2;
        if (name === 'weights') p[name][cell]! *= 1 - rate * OPTIONS.weightDecay;
        p[name][cell]! -= (length * m[name][cell]!) / (Math.sqrt(v[name][cell]!) + epsilon);
      });
    return error[0]! ** 2 + error[1]! ** 2;
  });
  return { losses, parameters: p };
}

const closeTo = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Array.from(actual).forEach((value, n) => {
    expect(value, `element ${n}`).toBeCloseTo(expected[n]!, 4);
  });

test('training equals AdamW in plain code, with warm-up, rate decay, clipping and weight decay', async () => {
  const training = await openTrainingStep(loss, initial, shape, OPTIONS);
  const losses: number[] = [];
  for (const batch of batches) losses.push(await training.run(batch, STEPS));
  const expected = trainPlainly();
  closeTo(losses, expected.losses);
  const { weights, bias } = training.parameters();
  closeTo(weights!.data, expected.parameters.weights);
  closeTo(bias!.data, expected.parameters.bias);
  await training.release();
  // The initial values belong to the caller.
  expect([...initial.weights!.data]).toEqual([1, -2, 3, 0.5]);
});

test('a restored training continues bit for bit; the state of another training is refused', async () => {
  const whole = await openTrainingStep(loss, initial, shape, OPTIONS);
  const first = await openTrainingStep(loss, initial, shape, OPTIONS);
  for (const batch of batches) await whole.run(batch, STEPS);
  for (const batch of batches.slice(0, 3)) await first.run(batch, STEPS);
  const saved = first.save();
  const second = await openTrainingStep(loss, initial, shape, OPTIONS);
  expect(second.restore(saved)).toBe(3);
  for (const batch of batches.slice(3)) await second.run(batch, STEPS);
  expect(second.parameters()).toEqual(whole.parameters());
  expect(() => second.restore(saved.subarray(4))).toThrow(/bytes/);
  for (const training of [whole, first, second]) await training.release();
});
