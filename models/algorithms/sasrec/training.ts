// The training step of SASRec: its loss, its initial parameters and its batches, as one session.

import type { numpy as np } from '@jax-js/jax';
import { createRandom } from '../../data/random.ts';
import type { PackedRows } from '../../data/windows.ts';
import { crossEntropy } from '../../gradient/cross-entropy.ts';
import type { Arrays } from '../../gradient/optimiser.ts';
import { openTrainingStep } from '../../gradient/step.ts';
import type { Device } from '../../onnx/session.ts';
import { createDropout, describeBatch, encodeRows } from './batches.ts';
import type { SasrecOptions } from './options.ts';
import { embedUser, initialise, type TransformerShape } from './transformer.ts';

export const WARM_UP_STEPS = 200;
export const CLIP_NORM = 10;

/** Opens a training step with initial parameters, and the encoder of its batches. `threads`: all cores if undefined. */
export async function openSasrecTraining(
  options: SasrecOptions,
  shape: TransformerShape,
  seed: number,
  device: Device,
  threads?: number,
) {
  const drawMasks = createDropout(options, shape, createRandom(seed, 'dropout'));
  const training = await openTrainingStep(
    createLoss(shape),
    initialise(shape, createRandom(seed, 'weights')),
    describeBatch(options, shape),
    { ...options, warmUpSteps: WARM_UP_STEPS, clipNorm: CLIP_NORM },
    device,
    threads,
  );
  return { training, toBatch: (packed: PackedRows) => ({ ...encodeRows(packed, options.rows), ...drawMasks() }) };
}

const createLoss =
  (shape: TransformerShape) =>
  (weights: Arrays, { items, segmentIds, targets, lossWeights, ...masks }: Arrays): np.Array => {
    const users = embedUser(weights, items!, segmentIds!, shape, { masks: Object.values(masks) });
    return crossEntropy(users.reshape([-1, shape.width]), weights.items!, targets!, lossWeights!);
  };
