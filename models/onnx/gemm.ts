// Matrix products on onnxruntime, on the caller's own arrays: row-major float32, without copies.

import type { Gemm } from '../linalg/gemm.ts';
import { GraphBuilder } from './graph.ts';
import { openSession, type Session } from './session.ts';

/** `threads`: one per core by default. */
export async function openGemm(threads?: number): Promise<Gemm> {
  const product = new GraphBuilder('product');
  product.input('a', 'float32', ['m', 'k']);
  product.input('b', 'float32', ['k', 'n']);
  product.output(product.node('y', 'Gemm', ['a', 'b']), 'float32', ['m', 'n']);

  const difference = new GraphBuilder('difference');
  difference.input('a', 'float32', ['m', 'k']);
  difference.input('b', 'float32', ['n', 'k']);
  difference.input('c', 'float32', ['m', 'n']);
  const attributes = { alpha: { float: -1 }, transB: 1 };
  difference.output(difference.node('y', 'Gemm', ['a', 'b', 'c'], attributes), 'float32', ['m', 'n']);

  const sessions: Session[] = [];
  for (const graph of [product, difference]) sessions.push(await openSession(graph.encode().bytes, 'cpu', threads));
  const [multiplying, subtracting] = sessions as [Session, Session];
  return {
    async multiply(a, b, y, { m, k, n }) {
      const inputs = { a: { data: a, dimensions: [m, k] }, b: { data: b, dimensions: [k, n] } };
      await multiplying.run(inputs, { y: { data: y, dimensions: [m, n] } });
    },
    async subtractProduct(a, b, target, { m, k, n }) {
      // c and y share memory: Gemm starts by copying c to y, here onto itself.
      const c = { data: target, dimensions: [m, n] };
      const inputs = { a: { data: a, dimensions: [m, k] }, b: { data: b, dimensions: [n, k] }, c };
      await subtracting.run(inputs, { y: c });
    },
    async release() {
      for (const session of sessions) await session.release();
    },
  };
}
