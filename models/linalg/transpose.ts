// Transposes a dense matrix.

/** `matrix`: [height, width] row by row; → [width, height]. */
export function transpose(matrix: Float32Array, width: number): Float32Array {
  const height = matrix.length / width;
  const turned = new Float32Array(matrix.length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) turned[column * height + row] = matrix[row * width + column]!;
  return turned;
}
