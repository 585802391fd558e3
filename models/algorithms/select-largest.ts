// Selects the largest values by magnitude: a quickselect (Hoare 1961, "Algorithm 65: FIND"), since sorting whole rows
// would cost more than computing them.

/** Indices of the `count` values of largest magnitude, ascending; of equal ones the lower index is taken. */
export function selectLargest(values: Float32Array, count: number): Int32Array {
  const threshold = count < values.length ? magnitudeAt(values.map(Math.abs), count - 1) : 0;
  const indices = new Int32Array(Math.min(count, values.length));
  let spare = indices.length;
  for (const value of values) if (Math.abs(value) > threshold) spare--;
  let length = 0;
  for (let index = 0; index < values.length && length < indices.length; index++) {
    const magnitude = Math.abs(values[index]!);
    if (magnitude > threshold || (magnitude === threshold && spare-- > 0)) indices[length++] = index;
  }
  return indices;
}

/** The magnitude of this rank, the largest 0. Reorders `magnitudes`. */
function magnitudeAt(magnitudes: Float32Array, rank: number): number {
  let left = 0;
  let right = magnitudes.length - 1;
  while (left < right) {
    const pivot = magnitudes[(left + right) >> 1]!;
    let i = left;
    let j = right;
    while (i <= j) {
      while (magnitudes[i]! > pivot) i++;
      while (magnitudes[j]! < pivot) j--;
      if (i <= j) {
        const swapped = magnitudes[i]!;
        magnitudes[i++] = magnitudes[j]!;
        magnitudes[j--] = swapped;
      }
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break;
  }
  return magnitudes[rank]!;
}
