// Inverts a large dense symmetric positive definite matrix by block Gauss-Jordan elimination (the sweep operator;
// Goodnight 1979, "A Tutorial on the SWEEP Operator") on the lower half alone, in n³ operations. Products are the
// caller's; only squares of SMALL_BLOCK are inverted here, in float64.

import type { Gemm } from './gemm.ts';
import { SymmetricMatrix } from './symmetric.ts';

/** Products with this inner dimension run at full speed. */
export const LARGE_BLOCK = 512;
const SMALL_BLOCK = 64;

/** Replaces the matrix by its inverse. Throws if it is not positive definite. `onStep`: share completed, 0–1. */
export async function invert(matrix: SymmetricMatrix, gemm: Gemm, onStep?: (share: number) => void): Promise<void> {
  const { size, block, panels } = matrix;
  const columns = new Float32Array(size * Math.min(size, block));
  const swept = new Float32Array(columns.length);
  for (let pivot = 0; pivot < panels.length; pivot++) {
    const width = matrix.rowsOf(pivot);
    matrix.readColumns(pivot, columns);
    const square = pivot * block * width;
    const inverse = await invertSquare(columns.subarray(square, square + width * width), width, gemm);

    // Swept rows and columns become columns · inverse, the rest loses columns · inverse · columnsᵀ, the pivot becomes
    // −inverse.
    const [own, sweptOwn] = [columns.subarray(0, size * width), swept.subarray(0, size * width)];
    await gemm.multiply(own, inverse, sweptOwn, { m: size, k: width, n: width });
    for (let p = 0; p < panels.length; p++) {
      if (p === pivot) continue;
      const rows = matrix.rowsOf(p);
      const end = matrix.endOf(p);
      const start = p * block * width;
      const part = swept.subarray(start, start + rows * width);
      await gemm.subtractProduct(part, columns.subarray(0, end * width), panels[p]!, { m: rows, k: width, n: end });
    }
    for (let i = 0; i < inverse.length; i++) swept[square + i] = -inverse[i]!;
    matrix.writeColumns(pivot, swept);
    onStep?.((pivot + 1) / panels.length);
  }
  for (const panel of panels) for (let i = 0; i < panel.length; i++) panel[i] = -panel[i]!;
}

/** Inverts a full square [width, width]. */
async function invertSquare(square: Float32Array, width: number, gemm: Gemm): Promise<Float32Array> {
  if (width <= SMALL_BLOCK) return invertSmall(square, width);
  const matrix = new SymmetricMatrix(width, SMALL_BLOCK);
  for (let i = 0; i < width; i++) for (let j = 0; j <= i; j++) matrix.add(i, j, square[i * width + j]!);
  await invert(matrix, gemm);
  const inverse = new Float32Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) inverse[i * width + j] = inverse[j * width + i] = matrix.get(i, j);
  return inverse;
}

/** Gauss-Jordan without pivoting, which positive definite matrices do not need. */
function invertSmall(square: Float32Array, width: number): Float32Array {
  const a = Float64Array.from(square);
  for (let k = 0; k < width; k++) {
    const pivot = a[k * width + k]!;
    if (!(pivot > 0)) throw new Error('the matrix is not positive definite: raise the regularisation');
    for (let i = 0; i < width; i++) {
      if (i === k) continue;
      const factor = a[i * width + k]! / pivot;
      for (let j = 0; j < width; j++) if (j !== k) a[i * width + j]! -= factor * a[k * width + j]!;
      a[i * width + k] = -factor;
    }
    for (let j = 0; j < width; j++) a[k * width + j]! /= pivot;
    a[k * width + k] = 1 / pivot;
  }
  return Float32Array.from(a);
}
