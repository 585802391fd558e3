// The hyper-parameters of SASRec, and the shape of the transformer that follows from them.

import { HISTORY_LENGTH } from '../../contracts/release.ts';
import type { TransformerShape } from './transformer.ts';

export interface SasrecOptions {
  width: number;
  layers: number;
  heads: number;
  dropout: number;
  learningRate: number;
  weightDecay: number;
  /** Rows of HISTORY_LENGTH items in a batch. */
  rows: number;
  /** Maximum; fewer if time runs out. */
  epochs: number;
}

export const SASREC_DEFAULTS: SasrecOptions = {
  width: 64,
  layers: 2,
  heads: 2,
  dropout: 0.2,
  learningRate: 6e-3,
  weightDecay: 0,
  rows: 12,
  epochs: 40,
};

const HIDDEN_FACTOR = 4;
/**
 * It learns the items with the most players, at most as many: its loss and its file grow with them. Others score 0.
 */
export const SASREC_ITEMS_MAX = 25_000;

/** `items`: of the vocabulary. */
export const createShape = ({ width, layers, heads }: SasrecOptions, items: number): TransformerShape => ({
  items: Math.min(items, SASREC_ITEMS_MAX),
  width,
  layers,
  heads,
  hiddenWidth: HIDDEN_FACTOR * width,
  length: HISTORY_LENGTH,
});
