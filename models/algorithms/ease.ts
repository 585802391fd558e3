// EASE: an item-to-item model in closed form. Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data": with G
// the Gram matrix of the players' items and P = (G + λI)⁻¹, the weight from item i to item j is B_ij = −P_ij / P_jj,
// and B_ii = 0. The release keeps the largest weights of each item, negative ones too.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { Interactions } from '../data/interactions.ts';
import type { Gemm } from '../linalg/gemm.ts';
import { invert, LARGE_BLOCK } from '../linalg/inverse.ts';
import { findInvertibleSize } from '../linalg/inverse-cost.ts';
import { SymmetricMatrix } from '../linalg/symmetric.ts';
import { openGemm } from '../onnx/gemm.ts';
import type { Algorithm, TrainingContext, TrainingData, Vocabulary } from './algorithm.ts';
import { searchTables } from './table-search.ts';
import { collectTables, countTableRows } from './tables.ts';
import { collectUserItems, computeMedianAgeDays } from './user-items.ts';

/** Items whose matrix, stored by half, fits beside the data: 1 GB. Those with fewer players are left out. */
const ROWS_MAX = 22_000;
/** Share of the time left for one inverse, so that another λ can be tried. */
const INVERSE_TIME_SHARE = 0.4;

/** Speeds of a slow machine: counting pairs of interactions, and selecting among the cells of the inverse. */
const PAIRS_PER_MS = 50_000;
const CELLS_PER_MS = 200_000;

export const trainEase: Algorithm = async (data, context) => {
  const gemm = await openGemm();
  try {
    await searchRegularisation(data, gemm, context);
  } finally {
    await gemm.release();
  }
};

async function searchRegularisation(
  { interactions, vocabulary }: TrainingData,
  gemm: Gemm,
  context: TrainingContext,
): Promise<void> {
  const userItems = collectUserItems(interactions, vocabulary);
  const items = countTableRows(vocabulary);
  const pairs = userItems.ends.reduce((sum, end, row) => sum + end - row, 0);
  const budgetMs = INVERSE_TIME_SHARE * context.timeLeft() - pairs / PAIRS_PER_MS - items ** 2 / CELLS_PER_MS;
  const rows = await findInvertibleSize(gemm, Math.min(items, ROWS_MAX), budgetMs, () => -context.timeLeft());
  if (rows === 0) return;
  await searchTables(
    {
      algorithm: 'ease',
      itemIds: vocabulary.itemIds,
      medianAgeDays: computeMedianAgeDays(userItems),
      /** λ: the larger, the closer to plain co-occurrence. */
      start: { regularisation: 1000, positionDecay: 0.8 },
      axes: { regularisation: [100, 300, 1000, 3000] },
      async count({ regularisation }) {
        const matrix = countPairs(interactions, vocabulary, rows);
        for (let item = 0; item < rows; item++) matrix.add(item, item, regularisation);
        await invert(matrix, gemm, (share) => context.onProgress(`inverting, λ ${regularisation}`, share));
        return readWeights(matrix, vocabulary.itemIds.length);
      },
    },
    context,
  );
}

/** The Gram matrix of the first `rows` items: for each pair, the number of players who have both. */
function countPairs({ starts, ends, items }: Interactions, { indices }: Vocabulary, rows: number): SymmetricMatrix {
  const gram = new SymmetricMatrix(rows, LARGE_BLOCK);
  starts.forEach((start, user) => {
    const own = items
      .subarray(start, ends[user]!)
      .map((item) => indices[item]!)
      .filter((index) => index >= 0 && index < rows)
      .sort();
    for (let i = 0; i < own.length; i++) for (let j = 0; j <= i; j++) gram.add(own[i]!, own[j]!, 1);
  });
  return gram;
}

/** The largest weights of B's rows. `inverse`: P. */
function readWeights(inverse: SymmetricMatrix, items: number): NeighbourTables {
  const rows = inverse.size;
  const diagonal = Float32Array.from({ length: rows }, (_, item) => inverse.get(item, item));
  const columns = new Float32Array(rows * LARGE_BLOCK);
  return collectTables(items, rows, (item, row) => {
    const panel = Math.floor(item / inverse.block);
    const width = inverse.rowsOf(panel);
    const column = item - panel * inverse.block;
    if (column === 0) inverse.readColumns(panel, columns);
    for (let other = 0; other < rows; other++) row[other] = -columns[other * width + column]! / diagonal[other]!;
    row[item] = 0;
  });
}
