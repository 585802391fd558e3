// Content: scores games by their labels alone, so that a cold-start game gets scores and neighbours too. A linear map,
// fitted on the games with interactions, maps labels to the vectors of item-vectors.ts (ridge regression; the
// "attribute-to-feature mapping" of Gantner et al. 2010).

import { createRandom } from '../data/random.ts';
import type { Gemm } from '../linalg/gemm.ts';
import { invert, LARGE_BLOCK } from '../linalg/inverse.ts';
import { SymmetricMatrix } from '../linalg/symmetric.ts';
import { transpose } from '../linalg/transpose.ts';
import { openGemm } from '../onnx/gemm.ts';
import type { Algorithm, ItemVectors } from './algorithm.ts';
import { encodeLabels, type LabelMatrix } from './content-labels.ts';
import { searchCoordinates } from './coordinate-search.ts';
import { embedItems } from './item-vectors.ts';
import { createProfileModel } from './profiles.ts';
import { countInteractedItems } from './tables.ts';
import { collectUserItems } from './user-items.ts';
import { POSITION_DECAYS } from './votes.ts';

const WIDTH_MAX = 64;
/** Bytes of the vectors in half precision; the edge unfolds them to twice as much. */
const VECTOR_BYTES_MAX = 6.4e6;
/** λ of the ridge regression, and the decay of votes. */
const START = { regularisation: 0.3, positionDecay: 0.7, halfLifeDays: 0 };
const AXES = { regularisation: [0.1, 0.3, 1, 3], positionDecay: POSITION_DECAYS };

/** Half of the width costs content a tenth of its NDCG, so the vectors get more of a file than a table does. */
export const countWidth = (items: number): number =>
  Math.min(WIDTH_MAX, Math.floor(VECTOR_BYTES_MAX / Uint16Array.BYTES_PER_ELEMENT / items));

export const trainContent: Algorithm = async ({ interactions, vocabulary, catalogue }, context) => {
  const { itemIds, counts } = vocabulary;
  const items = countInteractedItems(vocabulary);
  const labels = encodeLabels(itemIds, catalogue);
  if (items === 0 || labels.width === 0) return;
  if (context.timeLeft() < estimateMs(interactions.items.length, items, labels)) return;

  context.onProgress('embedding items');
  const userItems = collectUserItems(interactions, vocabulary);
  const random = createRandom(context.seed, 'content');
  const vectors = embedItems(userItems, counts, items, Math.min(countWidth(itemIds.length), items), random);
  let mapped: { regularisation: number; vectors: ItemVectors } | undefined;
  async function train(parameters: typeof START) {
    const { regularisation } = parameters;
    if (mapped?.regularisation !== regularisation)
      mapped = { regularisation, vectors: await mapLabels(labels, vectors, items, regularisation) };
    return createProfileModel({ algorithm: 'content', parameters, itemIds }, mapped.vectors, parameters);
  }
  await searchCoordinates(START, AXES, train, context);
};

/** Speeds of a slow machine: sums in plain code, sums of an inverse, and the start of onnxruntime. */
const SUMS_PER_MS = 250_000;
const INVERSE_SUMS_PER_MS = 4_000_000;
const OPENING_MS = 50;
/** Iterations of the embedding: each reads the interactions twice and makes the vectors orthonormal. */
const PASSES = 6;

function estimateMs(rows: number, items: number, { width, starts, columns }: LabelMatrix): number {
  const vectorWidth = countWidth(starts.length - 1);
  let pairs = 0;
  for (let item = 0; item < items; item++) pairs += (starts[item + 1]! - starts[item]!) ** 2;
  const sums = PASSES * vectorWidth * (2 * rows + vectorWidth * items) + pairs + 2 * columns.length * vectorWidth;
  return sums / SUMS_PER_MS + width ** 3 / 2 / INVERSE_SUMS_PER_MS + OPENING_MS;
}

/** X · (XᵀX + λI)⁻¹ · XᵀV: fitted on the first `items` items, applied to all. X: labels, V: targets. */
async function mapLabels(
  labels: LabelMatrix,
  targets: ItemVectors,
  items: number,
  regularisation: number,
): Promise<ItemVectors> {
  const { gram, moments } = sumProducts(labels, targets, items, regularisation);
  const gemm = await openGemm();
  try {
    await invert(gram, gemm);
    return applyMap(labels, await multiplySymmetric(gram, moments, targets.width, gemm), targets.width);
  } finally {
    await gemm.release();
  }
}

/** XᵀX + λI, and XᵀV as [labels, targets.width]. */
function sumProducts(
  { width, starts, columns, values }: LabelMatrix,
  targets: ItemVectors,
  items: number,
  regularisation: number,
) {
  const gram = new SymmetricMatrix(width, LARGE_BLOCK);
  const moments = new Float32Array(width * targets.width);
  for (let label = 0; label < width; label++) gram.add(label, label, regularisation);
  for (let item = 0; item < items; item++)
    for (let a = starts[item]!; a < starts[item + 1]!; a++) {
      for (let b = starts[item]!; b < starts[item + 1]!; b++)
        if (columns[b]! <= columns[a]!) gram.add(columns[a]!, columns[b]!, values[a]! * values[b]!);
      for (let k = 0; k < targets.width; k++)
        moments[columns[a]! * targets.width + k]! += values[a]! * targets.data[item * targets.width + k]!;
    }
  return { gram, moments };
}

/** matrix · factor, where the factor is [matrix.size, width]. */
async function multiplySymmetric(
  matrix: SymmetricMatrix,
  factor: Float32Array,
  width: number,
  gemm: Gemm,
): Promise<Float32Array> {
  const { size } = matrix;
  const product = new Float32Array(size * width);
  const columns = new Float32Array(size * Math.min(size, LARGE_BLOCK));
  for (let panel = 0; panel < matrix.panels.length; panel++) {
    const height = matrix.rowsOf(panel);
    matrix.readColumns(panel, columns);
    // The matrix is symmetric: the panel's columns, transposed, are its rows.
    const rows = transpose(columns.subarray(0, size * height), height);
    const part = product.subarray(panel * LARGE_BLOCK * width, (panel * LARGE_BLOCK + height) * width);
    await gemm.multiply(rows, factor, part, { m: height, k: size, n: width });
  }
  return product;
}

/** X · map, where the map is [labels, width]. */
function applyMap({ starts, columns, values }: LabelMatrix, map: Float32Array, width: number): ItemVectors {
  const data = new Float32Array((starts.length - 1) * width);
  for (let item = 0; item < starts.length - 1; item++)
    for (let cell = starts[item]!; cell < starts[item + 1]!; cell++)
      for (let k = 0; k < width; k++) data[item * width + k]! += values[cell]! * map[columns[cell]! * width + k]!;
  return { width, data };
}
