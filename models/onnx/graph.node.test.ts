import * as ort from 'onnxruntime-node';
import * as web from 'onnxruntime-web/wasm';
import { expect, test } from 'vitest';
import { GraphBuilder } from './graph.ts';

/** y = softmax(½ · transpose(leaky(x)) · table), two columns of it: every kind of attribute and of constant. */
function buildModel() {
  const graph = new GraphBuilder('example');
  graph.input('x', 'float32', [2, 'batch']);
  const leaky = graph.node('leaky', 'LeakyRelu', ['x'], { alpha: { float: 0.25 } });
  const turned = graph.node('turned', 'Transpose', [leaky], { perm: [1, 0] });
  const table = graph.constant('table', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const product = graph.node('product', 'MatMul', [turned, table]);
  const scaled = graph.node('scaled', 'Mul', [product, graph.float('half', 0.5)]);
  const picked = graph.node('picked', 'Gather', [scaled, graph.constant('columns', Int32Array.of(2, 0))], { axis: 1 });
  graph.node('y', 'Softmax', [picked], { axis: -1 });
  graph.output('y', 'float32', ['batch', 2]);
  return graph.encode({ algorithm: 'example', note: 'läßt sich lesen' });
}

const expectedRow = (a: number, b: number) => {
  const leaky = (x: number) => (x < 0 ? 0.25 * x : x);
  const third = Math.exp(0.5 * (3 * leaky(a) + 6 * leaky(b)));
  const first = Math.exp(0.5 * (leaky(a) + 4 * leaky(b)));
  return [third / (third + first), first / (third + first)];
};

test('an encoded model runs on both runtimes with any batch, and its tables are at the given offsets', async () => {
  const { bytes, offsets } = buildModel();
  web.env.wasm.numThreads = 1;
  const sessions = [await ort.InferenceSession.create(bytes), await web.InferenceSession.create(bytes)];
  for (const batch of [1, 3]) {
    const x = Float32Array.from({ length: 2 * batch }, (_, i) => Math.sin(3 * i + 1));
    const expected = Array.from({ length: batch }, (_, i) => expectedRow(x[i]!, x[batch + i]!)).flat();
    for (const session of sessions) {
      const tensor = session === sessions[0] ? new ort.Tensor(x, [2, batch]) : new web.Tensor(x, [2, batch]);
      const { y } = await session.run({ x: tensor });
      expect(y!.dims).toEqual([batch, 2]);
      Array.from(y!.data as Float32Array).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    }
  }
  for (const session of sessions) await session.release();

  const view = new DataView(bytes.buffer);
  const at = offsets.get('table')!;
  expect(Array.from({ length: 6 }, (_, i) => view.getFloat32(at + 4 * i, true))).toEqual([1, 2, 3, 4, 5, 6]);
  const columns = offsets.get('columns')!;
  expect([view.getInt32(columns, true), view.getInt32(columns + 4, true)]).toEqual([2, 0]);
  expect(new TextDecoder().decode(bytes)).toContain('läßt sich lesen');
});

test('the same graph gives the same bytes', () => {
  expect(buildModel().bytes).toEqual(buildModel().bytes);
});

test('a half-precision table is read as the nearest numbers of that precision', async () => {
  const graph = new GraphBuilder('half');
  const numbers = [
    0,
    1,
    -2.5,
    0.1,
    2049,
    2051,
    65_504,
    65_519,
    65_520,
    -1e9,
    2 ** -14,
    2 ** -24,
    2 ** -25,
    3e-8,
    1023.75,
  ];
  graph.node('y', 'Identity', [graph.halfConstant('table', Float32Array.from(numbers))]);
  graph.output('y', 'float32', [numbers.length]);
  const session = await ort.InferenceSession.create(graph.encode().bytes);
  const { y } = await session.run({});
  const nearest = [0, 1, -2.5, 0.0999755859375, 2048, 2052, 65_504, 65_504, Infinity, -Infinity];
  expect(Array.from(y!.data as Float32Array)).toEqual([...nearest, 2 ** -14, 2 ** -24, 0, 2 ** -24, 1024]);
  await session.release();
});
