// The places of the largest values by magnitude: a quickselect (Hoare 1961, "Algorithm 65: FIND"), since sorting whole
// rows would cost more than the model that they come from.

/** Places of the `count` values of largest magnitude, ascending; equal ones in favour of the lower place. */
export function selectLargest(values: Float32Array, count: number): Int32Array {
  const threshold = count < values.length ? magnitudeAt(values.map(Math.abs), count - 1) : 0;
  const places = new Int32Array(Math.min(count, values.length));
  let spare = places.length;
  for (const value of values) if (Math.abs(value) > threshold) spare--;
  let length = 0;
  for (let place = 0; place < values.length && length < places.length; place++) {
    const magnitude = Math.abs(values[place]!);
    if (magnitude > threshold || (magnitude === threshold && spare-- > 0)) places[length++] = place;
  }
  return places;
}

/** The value that would be at `rank` if `magnitudes` were sorted, largest first. Reorders it. */
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
