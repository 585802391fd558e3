import { expect, test } from 'vitest';
import { createSeededRng } from '../features/rng.ts';
import { openGemm } from '../onnx/gemm.ts';
import { invert } from './inverse.ts';
import { SymmetricMatrix } from './symmetric.ts';

/** Gram matrix of pseudo-random rows plus a diagonal: positive definite, ill-conditioned enough to show errors. */
function gramMatrix(size: number): Float64Array {
  const random = createSeededRng(12345);
  const rows = Array.from({ length: 2 * size }, () =>
    Float64Array.from({ length: size }, () => (random() < 0.1 ? 1 : 0)),
  );
  const gram = new Float64Array(size * size);
  for (const row of rows)
    for (let i = 0; i < size; i++) if (row[i] !== 0) for (let j = 0; j < size; j++) gram[i * size + j]! += row[j]!;
  for (let i = 0; i < size; i++) gram[i * size + i]! += 5;
  return gram;
}

/** Textbook Gauss-Jordan elimination in float64, with the identity beside the matrix. */
function invertPlainly(matrix: Float64Array, size: number): Float64Array {
  const left = matrix.slice();
  const right = new Float64Array(size * size);
  for (let i = 0; i < size; i++) right[i * size + i] = 1;
  for (let k = 0; k < size; k++) {
    const pivot = left[k * size + k]!;
    for (const side of [left, right]) for (let j = 0; j < size; j++) side[k * size + j]! /= pivot;
    for (let i = 0; i < size; i++) {
      const factor = left[i * size + k]!;
      if (i === k || factor === 0) continue;
      for (const side of [left, right])
        for (let j = 0; j < size; j++) side[i * size + j]! -= factor * side[k * size + j]!;
    }
  }
  return right;
}

const store = (values: Float64Array, size: number, block: number): SymmetricMatrix => {
  const matrix = new SymmetricMatrix(size, block);
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix.add(i, j, values[i * size + j]!);
  return matrix;
};

test('the inverse equals a plain float64 inverse, for sizes that are multiples of the block and others', async () => {
  const gemm = await openGemm();
  for (const [size, block] of [
    [1, 16],
    [7, 16],
    [32, 16],
    [33, 16],
    [130, 32],
    [150, 70],
    [260, 512],
  ] as const) {
    const gram = gramMatrix(size);
    const expected = invertPlainly(gram, size);
    const matrix = store(gram, size, block);
    await invert(matrix, gemm);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const columns = new Float32Array(size * block);
    let error = 0;
    for (let panel = 0; panel < matrix.panels.length; panel++) {
      matrix.readColumns(panel, columns);
      const width = matrix.rowsOf(panel);
      for (let i = 0; i < size; i++)
        for (let c = 0; c < width; c++)
          error = Math.max(error, Math.abs(columns[i * width + c]! - expected[i * size + panel * block + c]!));
    }
    expect(error / largest, `${size} by blocks of ${block}`).toBeLessThan(1e-5);
  }
  await gemm.release();
});

test('a matrix that is not positive definite is refused', async () => {
  const gemm = await openGemm();
  const matrix = store(Float64Array.of(1, 2, 2, 1), 2, 16);
  await expect(invert(matrix, gemm)).rejects.toThrow('not positive definite');
  await gemm.release();
});
