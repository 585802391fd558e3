// Games by what they are, so that one that nobody has chosen yet gets a score and neighbours too: a linear map, learnt
// from the games that players did choose, leads from labels to the vectors of choice-vectors.ts (ridge regression; the
// "attribute-to-feature mapping" of Gantner et al. 2010). Scores come from the labels alone.

import { createRandom } from '../data/random.ts';
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

const WIDTH = 64;
/** λ of the ridge regression, and how votes decay. */
const START = { regularisation: 0.3, positionDecay: 0.7, halfLifeDays: 0 };
const AXES = { regularisation: [0.1, 0.3, 1, 3], positionDecay: POSITION_DECAYS };

export const trainContent: Algorithm = async function* ({ interactions, vocabulary, catalogue }, context) {
  const { itemIds, counts } = vocabulary;
  const chosen = countInteractedItems(vocabulary);
  const labels = encodeLabels(itemIds, catalogue);
  if (chosen === 0 || labels.width === 0) return;
  if (context.timeLeft() < estimateMs(interactions.items.length, chosen, labels)) return;

  context.onProgress('embedding what players chose');
  const choices = collectUserItems(interactions, vocabulary);
  const random = createRandom(context.seed, 'content');
  const vectors = embedItems(choices, counts, chosen, Math.min(WIDTH, chosen), random);
  let mapped: { regularisation: number; vectors: ItemVectors } | undefined;
  async function train(parameters: typeof START) {
    const { regularisation } = parameters;
    if (mapped?.regularisation !== regularisation)
      mapped = { regularisation, vectors: await mapLabels(labels, vectors, chosen, regularisation) };
    return createProfileModel({ algorithm: 'content', parameters, itemIds }, mapped.vectors, parameters);
  }
  yield* searchCoordinates(START, AXES, train, context);
};

/** On a slow machine: sums in plain code, products and sums of an inverse, and opening onnxruntime. */
const SUMS_PER_MS = 250_000;
const INVERSE_SUMS_PER_MS = 4_000_000;
const OPENING_MS = 50;
/** Of the subspace iteration, each of which reads the choices twice and makes the vectors orthonormal. */
const PASSES = 6;

function estimateMs(rows: number, items: number, { width, starts, columns }: LabelMatrix): number {
  let pairs = 0;
  for (let item = 0; item < items; item++) pairs += (starts[item + 1]! - starts[item]!) ** 2;
  const sums = PASSES * WIDTH * (2 * rows + WIDTH * items) + pairs + 2 * columns.length * WIDTH;
  return sums / SUMS_PER_MS + width ** 3 / 2 / INVERSE_SUMS_PER_MS + OPENING_MS;
}

/** X · (XᵀX + λI)⁻¹ · XᵀV, the inverse over the first `chosen` items, the product over all. */
async function mapLabels(
  { width, starts, columns, values }: LabelMatrix,
  targets: ItemVectors,
  chosen: number,
  regularisation: number,
): Promise<ItemVectors> {
  const gram = new SymmetricMatrix(width, LARGE_BLOCK);
  const moments = new Float32Array(width * targets.width);
  for (let label = 0; label < width; label++) gram.add(label, label, regularisation);
  for (let item = 0; item < chosen; item++)
    for (let a = starts[item]!; a < starts[item + 1]!; a++) {
      for (let b = starts[item]!; b < starts[item + 1]!; b++)
        if (columns[b]! <= columns[a]!) gram.add(columns[a]!, columns[b]!, values[a]! * values[b]!);
      for (let k = 0; k < targets.width; k++)
        moments[columns[a]! * targets.width + k]! += values[a]! * targets.data[item * targets.width + k]!;
    }

  const gemm = await openGemm();
  const map = new Float32Array(moments.length);
  try {
    await invert(gram, gemm);
    const rows = new Float32Array(width * Math.min(width, LARGE_BLOCK));
    for (let panel = 0; panel < gram.panels.length; panel++) {
      const height = gram.rowsOf(panel);
      gram.readColumns(panel, rows);
      // Symmetric: what stands in the panel's columns, turned, is its rows.
      const inverse = transpose(rows.subarray(0, width * height), height);
      const part = map.subarray(panel * LARGE_BLOCK * targets.width, (panel * LARGE_BLOCK + height) * targets.width);
      await gemm.multiply(inverse, moments, part, { m: height, k: width, n: targets.width });
    }
  } finally {
    await gemm.release();
  }

  const mapped = new Float32Array((starts.length - 1) * targets.width);
  for (let item = 0; item < starts.length - 1; item++)
    for (let cell = starts[item]!; cell < starts[item + 1]!; cell++)
      for (let k = 0; k < targets.width; k++)
        mapped[item * targets.width + k]! += values[cell]! * map[columns[cell]! * targets.width + k]!;
  return { width: targets.width, data: mapped };
}
