// SASRec (Kang & McAuley 2018, "Self-Attentive Sequential Recommendation") with what later work found to matter: the full
// cross-entropy instead of sampled negatives (Klenitskiy & Vasilev 2023, "Turning Dross Into Gold Loss"), norms before the
// layers, one table for input and output, and learnt distances instead of positions.

import { createHash, type Hash } from 'node:crypto';
import type { numpy as np } from '@jax-js/jax';
import { HISTORY_LENGTH } from '../../contracts/release.ts';
import { countInteractions, type Interactions } from '../../data/interactions.ts';
import { createRandom, type Random } from '../../data/random.ts';
import { type PackedRows, packEpoch } from '../../data/windows.ts';
import { crossEntropy } from '../../gradient/cross-entropy.ts';
import type { Arrays } from '../../gradient/optimiser.ts';
import { type BatchShape, openTrainingStep } from '../../gradient/step.ts';
import type { Device } from '../../onnx/session.ts';
import type { Algorithm, RetrievalModel, TrainingContext, TrainingData, Vocabulary } from '../algorithm.ts';
import { descend } from '../descent.ts';
import { createSasrecModel } from './served.ts';
import { embedUser, initialise, type TransformerShape } from './transformer.ts';

export interface SasrecOptions {
  width: number;
  layers: number;
  heads: number;
  dropout: number;
  learningRate: number;
  weightDecay: number;
  /** Of HISTORY_LENGTH places, in a batch. */
  rows: number;
  /** At most: fewer where the time allows no more. */
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
export const WARM_UP_STEPS = 200;
export const CLIP_NORM = 10;
/** A question of the validation split against a row of a step: forwards only, and from one place only. */
const LOOK_COST = 0.3;
/** Grows with every change after which an earlier checkpoint must not be gone on from. */
const VERSION = 1;

/** Where each item was chosen this often, little dropout is tried first: there is more to learn than to learn by heart. */
const CHOICES_PER_ITEM_MANY = 100;
const DROPOUTS = [0.2, 0.4];
/** Another training of the time that the first took, or more, is worth while. */
const ANOTHER_SHARE_MIN = 0.7;

/** Tries less and more dropout, as far as there is time for whole trainings. */
export const trainSasrec: Algorithm = async function* (data, context) {
  const { interactions, vocabulary } = data;
  const choicesPerItem = countInteractions(interactions) / Math.max(1, vocabulary.itemIds.length);
  const dropouts = choicesPerItem >= CHOICES_PER_ITEM_MANY ? DROPOUTS : DROPOUTS.toReversed();
  let tookMs = 0;
  for (const dropout of dropouts) {
    const before = context.timeLeft();
    if (before < ANOTHER_SHARE_MIN * tookMs) return;
    yield* fitSasrec({ ...SASREC_DEFAULTS, dropout }, data, context);
    tookMs = before - context.timeLeft();
  }
};

/** Proposes the model of each look at the validation split. */
export async function* fitSasrec(
  options: SasrecOptions,
  { interactions, vocabulary, validation }: TrainingData,
  context: TrainingContext,
): AsyncGenerator<RetrievalModel, void, number> {
  const { seed } = context;
  const sequences = readSequences(interactions, vocabulary);
  if (sequences.length === 0 || context.timeLeft() <= 0 || context.signal.aborted) return;
  const shape = createShape(options, vocabulary.itemIds.length);
  const packing = { rows: options.rows, length: shape.length };
  const readRows = (step: number) => packEpoch(sequences, packing, createRandom(seed, `epoch at ${step}`));
  let stepsPerEpoch = 0;
  for (const _ of readRows(0)) stepsPerEpoch++;

  const { training, toBatch } = await openSasrecTraining(options, shape, seed, context.device);
  try {
    yield* descend(
      {
        training,
        stepsPerEpoch,
        epochsMax: options.epochs,
        *readEpoch(step) {
          for (const rows of readRows(step)) yield toBatch(rows);
        },
        lookSteps: LOOK_COST * (validation.length / options.rows),
        checkpoint: `sasrec-${fingerprint(vocabulary.itemIds, sequences)}-${digest(JSON.stringify([VERSION, options, seed]))}`,
        propose: (parameters, epochs) =>
          createSasrecModel(parameters, shape, { ...options, epochs }, vocabulary.itemIds),
      },
      context,
    );
  } finally {
    await training.release();
  }
}

/** A training from its first weights, and what makes its batches. `threads`: as many as cores if left out. */
export async function openSasrecTraining(
  options: SasrecOptions,
  shape: TransformerShape,
  seed: number,
  device: Device,
  threads?: number,
) {
  const masks = createDropout(options, shape, createRandom(seed, 'dropout'));
  const training = await openTrainingStep(
    lossOf(shape),
    initialise(shape, createRandom(seed, 'weights')),
    describeBatch(options, shape),
    { ...options, warmUpSteps: WARM_UP_STEPS, clipNorm: CLIP_NORM },
    device,
    threads,
  );
  return { training, toBatch: (packed: PackedRows) => ({ ...describeRows(packed, options.rows), ...masks() }) };
}

export const createShape = ({ width, layers, heads }: SasrecOptions, items: number): TransformerShape => ({
  items,
  width,
  layers,
  heads,
  hiddenWidth: HIDDEN_FACTOR * width,
  length: HISTORY_LENGTH,
});

/** Each player's items as places in the vocabulary, oldest first. */
function readSequences({ items, starts, ends }: Interactions, { indices: places }: Vocabulary): Int32Array[] {
  const sequences = Array.from(starts, (start, user) =>
    items
      .subarray(start, ends[user])
      .map((item) => places[item]!)
      .filter((place) => place >= 0),
  );
  return sequences.filter(({ length }) => length > 1);
}

const lossOf =
  (shape: TransformerShape) =>
  (weights: Arrays, { items, windows, targets, shares, ...masks }: Arrays): np.Array => {
    const wanted = embedUser(weights, items!, windows!, shape, { masks: Object.values(masks) });
    return crossEntropy(wanted.reshape([-1, shape.width]), weights.items!, targets!, shares!);
  };

function describeBatch({ rows }: SasrecOptions, shape: TransformerShape): BatchShape {
  const cells = rows * shape.length;
  const batch: BatchShape = {
    items: { type: 'int32', dimensions: [rows, shape.length] },
    windows: { type: 'int32', dimensions: [rows, shape.length] },
    targets: { type: 'int32', dimensions: [cells] },
    shares: { type: 'float32', dimensions: [cells] },
  };
  for (const name of maskNames(shape)) batch[name] = { type: 'float32', dimensions: [rows, shape.length, shape.width] };
  return batch;
}

function describeRows({ items, segmentIds: windows, targets }: PackedRows, rows: number) {
  const filled = windows.reduce((count, window) => count + Math.sign(window), 0);
  const shares = Float32Array.from(windows, (window) => Math.sign(window) / filled);
  return {
    items: { data: items, dimensions: [rows, HISTORY_LENGTH] },
    windows: { data: windows, dimensions: [rows, HISTORY_LENGTH] },
    targets: { data: targets, dimensions: [targets.length] },
    shares: { data: shares, dimensions: [shares.length] },
  };
}

const maskNames = ({ layers }: TransformerShape) => Array.from({ length: 1 + 2 * layers }, (_, mask) => `mask${mask}`);

/** Numbers drawn once for all masks: each mask is a part of them that begins somewhere else. */
const DROPOUT_POOL = 2 ** 22;

/** Masks for each step: 0 with the probability of dropout, else what keeps the mean. */
function createDropout({ dropout, rows }: SasrecOptions, shape: TransformerShape, random: Random) {
  const cells = rows * shape.length * shape.width;
  const pool = Float32Array.from({ length: cells + DROPOUT_POOL }, () =>
    random.chance(dropout) ? 0 : 1 / (1 - dropout),
  );
  const draw = () => {
    const from = random.below(DROPOUT_POOL);
    return { data: pool.subarray(from, from + cells), dimensions: [rows, shape.length, shape.width] };
  };
  return () => Object.fromEntries(maskNames(shape).map((name) => [name, draw()]));
}

/** Of the data that is learnt from. */
function fingerprint(itemIds: readonly string[], sequences: readonly Int32Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify(itemIds));
  for (const sequence of sequences)
    hash.update(new Uint8Array(sequence.buffer, sequence.byteOffset, sequence.byteLength));
  return shorten(hash);
}

const digest = (text: string): string => shorten(createHash('sha256').update(text));
const shorten = (hash: Hash): string => hash.digest('hex').slice(0, 12);
