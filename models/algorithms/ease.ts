// EASE: an item-to-item model in closed form. Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data": with G
// the Gram matrix of the players' choices and P = (G + λI)⁻¹, the weight from item i to item j is B_ij = −P_ij / P_jj,
// and B_ii = 0. The edge gets the largest weights of each item.

import { MODEL_BYTES_MAX } from '../contracts/release.ts';
import { openGemm } from '../training/gemm.ts';
import type { Interactions } from '../training/interactions.ts';
import { invert, LARGE_BLOCK } from '../training/inverse.ts';
import { SymmetricMatrix } from '../training/symmetric.ts';
import { chooseVocabulary, type ServableModel, type Vocabulary } from './algorithm.ts';
import { encodeNeighbours, type NeighbourTables } from './neighbours.ts';
import { selectLargest } from './select-largest.ts';

export interface EaseOptions {
  /** λ: the larger, the closer to plain co-occurrence. */
  regularisation: number;
  /** A history item's weight is halved each time its age grows by this. */
  halfLifeDays: number;
  /** Weights kept of each item, fewer where the file would grow too large. */
  neighboursMax: number;
}

export const EASE_DEFAULTS: EaseOptions = { regularisation: 1000, halfLifeDays: 14, neighboursMax: 200 };

/** Beyond this the inverse takes more than 1.3 GB and some minutes: the rarest items are left out. */
const ITEMS_MAX = 25_000;
const NEIGHBOUR_BYTES = 8;
/** What the file holds beside the tables, generously. */
const GRAPH_BYTES = 10_000;

/** `onStep`: share of the inverse done, 0–1. */
export async function trainEase(
  interactions: Interactions,
  options: EaseOptions = EASE_DEFAULTS,
  onStep?: (share: number) => void,
): Promise<ServableModel> {
  const vocabulary = chooseVocabulary(interactions, ITEMS_MAX);
  const items = vocabulary.itemIds.length;
  const matrix = countPairs(interactions, vocabulary);
  for (let item = 0; item < items; item++) matrix.add(item, item, options.regularisation);
  const gemm = await openGemm();
  try {
    await invert(matrix, gemm, onStep);
  } finally {
    await gemm.release();
  }

  const fitting = Math.floor((MODEL_BYTES_MAX - GRAPH_BYTES) / items / NEIGHBOUR_BYTES);
  const perItem = Math.min(options.neighboursMax, fitting, items);
  const parameters = { ...options, neighboursPerItem: perItem };
  const { file, plain } = encodeNeighbours(keepLargest(matrix, perItem), options.halfLifeDays, {
    algorithm: 'ease',
    parameters: JSON.stringify(parameters),
  });
  return { algorithm: 'ease', parameters, itemIds: vocabulary.itemIds, file, plain };
}

/** The Gram matrix: how many players chose both items of each pair. */
function countPairs({ starts, ends, items }: Interactions, { itemIds, places }: Vocabulary): SymmetricMatrix {
  const gram = new SymmetricMatrix(itemIds.length, LARGE_BLOCK);
  starts.forEach((start, user) => {
    const chosen = items
      .subarray(start, ends[user]!)
      .map((item) => places[item]!)
      .filter((place) => place >= 0)
      .sort();
    for (let i = 0; i < chosen.length; i++) for (let j = 0; j <= i; j++) gram.add(chosen[i]!, chosen[j]!, 1);
  });
  return gram;
}

/** Row i: the weights from item i to others of largest magnitude. `inverse`: P. */
function keepLargest(inverse: SymmetricMatrix, perItem: number): NeighbourTables {
  const items = inverse.size;
  const neighbours = new Int32Array(items * perItem);
  const weights = new Float32Array(items * perItem);
  const diagonal = Float32Array.from({ length: items }, (_, item) => inverse.get(item, item));
  const columns = new Float32Array(items * LARGE_BLOCK);
  const row = new Float32Array(items);
  for (let panel = 0; panel < inverse.panels.length; panel++) {
    inverse.readColumns(panel, columns);
    const width = inverse.rowsOf(panel);
    for (let r = 0; r < width; r++) {
      const item = panel * inverse.block + r;
      for (let other = 0; other < items; other++) row[other] = -columns[other * width + r]! / diagonal[other]!;
      row[item] = 0;
      const places = selectLargest(row, perItem);
      neighbours.set(places, item * perItem);
      places.forEach((place, n) => {
        weights[item * perItem + n] = row[place]!;
      });
    }
  }
  return { items, perItem, neighbours, weights };
}
