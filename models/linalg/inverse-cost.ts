// Estimates, before starting, the largest matrix that can be inverted within a time: an inverse's time grows with the
// cube of its size.

import type { Gemm } from './gemm.ts';
import { LARGE_BLOCK } from './inverse.ts';

/** An inverse of this size takes less than a second anywhere. */
const SMALL_SIZE = 1024;
/** Allows for other work on the machine, and for the parts of an inverse that are not products. */
const MARGIN = 2;
const SAMPLE_COLUMNS = 4 * LARGE_BLOCK;

/**
 * The size, `sizeMax` at most, whose inverse takes `budgetMs`, extrapolated from one timed product. `clock`:
 * milliseconds.
 */
export async function findInvertibleSize(
  gemm: Gemm,
  sizeMax: number,
  budgetMs: number,
  clock: () => number,
): Promise<number> {
  if (budgetMs <= 0) return 0;
  if (sizeMax <= SMALL_SIZE) return sizeMax;
  const shape = { m: LARGE_BLOCK, k: LARGE_BLOCK, n: SAMPLE_COLUMNS };
  const a = new Float32Array(shape.m * shape.k);
  const b = new Float32Array(shape.n * shape.k);
  const target = new Float32Array(shape.m * shape.n);
  // The first run allocates memory.
  await gemm.subtractProduct(a, b, target, shape);
  const startedAt = clock();
  await gemm.subtractProduct(a, b, target, shape);
  const productMs = Math.max(clock() - startedAt, 1);
  // An inverse multiplies and adds size³ / 2 times, a product m · k · n times.
  const size = Math.cbrt((2 * shape.m * shape.k * shape.n * budgetMs) / productMs / MARGIN);
  return Math.max(Math.min(SMALL_SIZE, sizeMax), Math.min(sizeMax, Math.floor(size)));
}
