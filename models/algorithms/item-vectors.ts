// Item vectors from co-occurrence: the leading eigenvectors of its normalised matrix, by subspace iteration from a
// random start (Halko, Martinsson & Tropp 2011, "Finding Structure with Randomness").

import type { Random } from '../data/random.ts';
import type { ItemVectors } from './algorithm.ts';
import type { UserItems } from './user-items.ts';

const ITERATIONS = 6;
/** Prevents a division by 0 if the subspace has fewer dimensions than asked for. */
const PIVOT_MIN = 1e-12;

/**
 * Vectors V of the first `items` items, [items, width], whose products V·Vᵀ come closest to S, where S_ij = Σ over the
 * players who have both items of 1 / (items of the player · √(c_i · c_j)), c the players who have an item.
 */
export function embedItems(
  userItems: UserItems,
  counts: Int32Array,
  items: number,
  width: number,
  random: Random,
): ItemVectors {
  let basis: Float64Array = Float64Array.from({ length: items * width }, () => random.normal());
  let eigenvalues = new Float64Array(width);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    orthonormalise(basis, width);
    const product = multiplyByCooccurrence(userItems, counts, basis, width);
    // Once converged, the product's columns are the basis's times the eigenvalues.
    eigenvalues = Float64Array.from({ length: width }, (_, column) => {
      let sum = 0;
      for (let at = column; at < basis.length; at += width) sum += basis[at]! * product[at]!;
      return Math.max(0, sum);
    });
    basis = product;
  }
  orthonormalise(basis, width);
  return { width, data: Float32Array.from(basis, (value, cell) => value * Math.sqrt(eigenvalues[cell % width]!)) };
}

/** S · basis, player by player. */
function multiplyByCooccurrence(
  { itemIndices, ends }: UserItems,
  counts: Int32Array,
  basis: Float64Array,
  width: number,
): Float64Array {
  const product = new Float64Array(basis.length);
  const sum = new Float64Array(width);
  for (let start = 0; start < itemIndices.length; start = ends[start]!) {
    const end = ends[start]!;
    sum.fill(0);
    for (let row = start; row < end; row++) {
      const item = itemIndices[row]!;
      const scale = 1 / Math.sqrt(counts[item]!);
      for (let k = 0; k < width; k++) sum[k]! += scale * basis[item * width + k]!;
    }
    for (let row = start; row < end; row++) {
      const item = itemIndices[row]!;
      const scale = 1 / (Math.sqrt(counts[item]!) * (end - start));
      for (let k = 0; k < width; k++) product[item * width + k]! += scale * sum[k]!;
    }
  }
  return product;
}

/** Orthonormalises the columns of `matrix`, [rows, width], in place: Cholesky QR. */
function orthonormalise(matrix: Float64Array, width: number): void {
  const gram = new Float64Array(width * width);
  for (let row = 0; row < matrix.length; row += width)
    for (let i = 0; i < width; i++)
      for (let j = 0; j <= i; j++) gram[i * width + j]! += matrix[row + i]! * matrix[row + j]!;
  // gram = L·Lᵀ, over itself.
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let rest = gram[i * width + j]!;
      for (let k = 0; k < j; k++) rest -= gram[i * width + k]! * gram[j * width + k]!;
      gram[i * width + j] = i === j ? Math.sqrt(Math.max(rest, PIVOT_MIN)) : rest / gram[j * width + j]!;
    }
  // Each row x becomes y with L·y = x.
  for (let row = 0; row < matrix.length; row += width)
    for (let i = 0; i < width; i++) {
      let rest = matrix[row + i]!;
      for (let k = 0; k < i; k++) rest -= gram[i * width + k]! * matrix[row + k]!;
      matrix[row + i] = rest / gram[i * width + i]!;
    }
}
