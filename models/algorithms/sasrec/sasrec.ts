// SASRec (Kang & McAuley 2018, "Self-Attentive Sequential Recommendation") with what later work found to matter: the
// full cross-entropy instead of sampled negatives (Klenitskiy & Vasilev 2023, "Turning Dross Into Gold Loss"), norms
// before the layers, one table for input and output, and relative position biases instead of positions.

import { createHash, type Hash } from 'node:crypto';
import { HISTORY_LENGTH } from '../../contracts/release.ts';
import { countInteractions, type Interactions } from '../../data/interactions.ts';
import { createRandom } from '../../data/random.ts';
import { packEpoch, type Sequences } from '../../data/windows.ts';
import type { Algorithm, TrainingContext, TrainingData, Vocabulary } from '../algorithm.ts';
import { fitByGradient } from '../gradient-fit.ts';
import { createShape, SASREC_DEFAULTS, SASREC_ITEMS_MAX, type SasrecOptions } from './options.ts';
import { createSasrecModel } from './served.ts';
import { openSasrecTraining } from './training.ts';

/** Time to validate one case, relative to training one row: a forward pass only, for the newest position only. */
const VALIDATION_COST = 0.3;
/** Raise it with every change after which an earlier checkpoint must not be resumed. */
const VERSION = 1;

/** Mean interactions per item from which low dropout is tried first, because overfitting is the smaller risk. */
const INTERACTIONS_PER_ITEM_MANY = 100;
const DROPOUTS = [0.2, 0.4];
/** Another fit starts only if this share of the last one's time is left. */
const NEXT_FIT_TIME_SHARE = 0.7;

/** A step on two cores: so long, and longer for each thousand items (docs/experiments.md). */
const STEP_MS = 20;
const STEP_PER_THOUSAND_ITEMS_MS = 5;

/** Estimated milliseconds of a pass over the data on a CPU. */
export function estimatePassMs({ interactions, items }: { interactions: number; items: number }): number {
  const steps = interactions / (SASREC_DEFAULTS.rows * HISTORY_LENGTH);
  return steps * (STEP_MS + (STEP_PER_THOUSAND_ITEMS_MS * Math.min(items, SASREC_ITEMS_MAX)) / 1000);
}

/** Tries low and high dropout, while there is time for whole fits. */
export const trainSasrec: Algorithm = async (data, context) => {
  const { interactions, vocabulary } = data;
  const interactionsPerItem = countInteractions(interactions) / Math.max(1, vocabulary.itemIds.length);
  const dropouts = interactionsPerItem >= INTERACTIONS_PER_ITEM_MANY ? DROPOUTS : DROPOUTS.toReversed();
  let tookMs = 0;
  for (const dropout of dropouts) {
    const before = context.timeLeft();
    if (before < NEXT_FIT_TIME_SHARE * tookMs) return;
    await fitSasrec({ ...SASREC_DEFAULTS, dropout }, data, context);
    tookMs = before - context.timeLeft();
  }
};

/** Fits one transformer and validates it at intervals. Does nothing without sequences or time, or after an abort. */
export async function fitSasrec(
  options: SasrecOptions,
  { interactions, vocabulary, validation }: TrainingData,
  context: TrainingContext,
): Promise<void> {
  const { seed } = context;
  const { itemIds } = vocabulary;
  const shape = createShape(options, itemIds.length);
  const sequences = readSequences(interactions, vocabulary, shape.items);
  if (sequences.ends.length === 0 || context.timeLeft() <= 0 || context.signal.aborted) return;
  const packing = { rows: options.rows, length: shape.length };
  const readRows = (step: number) => packEpoch(sequences, packing, createRandom(seed, `epoch at ${step}`));
  let stepsPerEpoch = 0;
  for (const _ of readRows(0)) stepsPerEpoch++;

  const { training, toBatch } = await openSasrecTraining(options, shape, seed, context.device);
  try {
    await fitByGradient(
      {
        training,
        stepsPerEpoch,
        epochsMax: options.epochs,
        *readEpoch(step) {
          for (const rows of readRows(step)) yield toBatch(rows);
        },
        validationSteps: VALIDATION_COST * (validation.length / options.rows),
        checkpoint: `sasrec-${hashData(itemIds, sequences)}-${hashText(JSON.stringify([VERSION, options, seed]))}`,
        createModel: (parameters, epochs) => createSasrecModel(parameters, shape, { ...options, epochs }, itemIds),
      },
      context,
    );
  } finally {
    await training.release();
  }
}

/** Each player's item indices, below `itemsEnd`; players with one item are left out. */
function readSequences({ items, starts, ends }: Interactions, { indices }: Vocabulary, itemsEnd: number): Sequences {
  const kept = new Int32Array(items.length);
  const keptEnds = new Int32Array(starts.length);
  let length = 0;
  let sequences = 0;
  starts.forEach((start, user) => {
    const first = length;
    for (let row = start; row < ends[user]!; row++) {
      const index = indices[items[row]!]!;
      if (index >= 0 && index < itemsEnd) kept[length++] = index;
    }
    if (length - first > 1) keptEnds[sequences++] = length;
    else length = first;
  });
  return { items: kept.subarray(0, length), ends: keptEnds.subarray(0, sequences) };
}

function hashData(itemIds: readonly string[], { items, ends }: Sequences): string {
  const hash = createHash('sha256').update(JSON.stringify(itemIds));
  for (const { buffer, byteOffset, byteLength } of [items, ends])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return shorten(hash);
}

const hashText = (text: string): string => shorten(createHash('sha256').update(text));
const shorten = (hash: Hash): string => hash.digest('hex').slice(0, 12);
