// The batches of a training step of SASRec: packed rows, loss weights and dropout masks.

import type { Random } from '../../data/random.ts';
import type { PackedRows } from '../../data/windows.ts';
import type { BatchShape } from '../../gradient/step.ts';
import type { SasrecOptions } from './options.ts';
import type { TransformerShape } from './transformer.ts';

export function describeBatch({ rows }: SasrecOptions, shape: TransformerShape): BatchShape {
  const cells = rows * shape.length;
  const batch: BatchShape = {
    items: { type: 'int32', dimensions: [rows, shape.length] },
    segmentIds: { type: 'int32', dimensions: [rows, shape.length] },
    targets: { type: 'int32', dimensions: [cells] },
    lossWeights: { type: 'float32', dimensions: [cells] },
  };
  for (const name of nameMasks(shape)) batch[name] = { type: 'float32', dimensions: [rows, shape.length, shape.width] };
  return batch;
}

/** Loss weights are equal and sum to 1; padding has 0. */
export function encodeRows({ items, segmentIds, targets }: PackedRows, rows: number) {
  const filled = segmentIds.reduce((count, segment) => count + Math.sign(segment), 0);
  const lossWeights = Float32Array.from(segmentIds, (segment) => Math.sign(segment) / filled);
  const dimensions = [rows, items.length / rows];
  return {
    items: { data: items, dimensions },
    segmentIds: { data: segmentIds, dimensions },
    targets: { data: targets, dimensions: [targets.length] },
    lossWeights: { data: lossWeights, dimensions: [lossWeights.length] },
  };
}

/** One mask for the items and two for each layer. */
const nameMasks = ({ layers }: TransformerShape) => Array.from({ length: 1 + 2 * layers }, (_, mask) => `mask${mask}`);

/** Random numbers are drawn once for all masks: each mask is a slice of them with its own start. */
const DROPOUT_POOL = 2 ** 22;

/**
 * Returns a function that gives the masks of a step: 0 with the probability of dropout, else the factor that keeps the
 * mean.
 */
export function createDropout({ dropout, rows }: SasrecOptions, shape: TransformerShape, random: Random) {
  const cells = rows * shape.length * shape.width;
  const pool = Float32Array.from({ length: cells + DROPOUT_POOL }, () =>
    random.chance(dropout) ? 0 : 1 / (1 - dropout),
  );
  const draw = () => {
    const from = random.below(DROPOUT_POOL);
    return { data: pool.subarray(from, from + cells), dimensions: [rows, shape.length, shape.width] };
  };
  return () => Object.fromEntries(nameMasks(shape).map((name) => [name, draw()]));
}
