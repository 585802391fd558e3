// The flags that `npm run train` and `npm run evaluate` have in common: what is trained, for how long, from which seed,
// and where.

import { DEVICES, type Device } from '../../models/onnx/session.ts';
import { selectAlgorithms } from '../../models/release/algorithms.ts';
import type { NamedAlgorithm } from '../../models/release/search.ts';
import { parseDuration } from './duration.ts';

export const DEFAULT_BUDGET = '10m';

/** As `parseArgs` wants them. */
export const TRAINING_FLAGS = {
  algorithms: { type: 'string', default: 'auto' },
  budget: { type: 'string', default: DEFAULT_BUDGET },
  seed: { type: 'string', default: '1' },
  device: { type: 'string', default: 'cpu' },
} as const;

export interface TrainingFlags {
  algorithms: readonly NamedAlgorithm[];
  budgetMs: number;
  seed: number;
  device: Device;
}

/** Throws what is wrong with them. */
export function readTrainingFlags(values: Record<keyof typeof TRAINING_FLAGS, string>): TrainingFlags {
  const budget = parseDuration(values.budget);
  if (!budget.ok) throw new Error(`--budget: ${budget.error}`);
  const seed = Number(values.seed);
  if (!/^\d+$/.test(values.seed) || !Number.isSafeInteger(seed))
    throw new Error('--seed takes a whole number, 0 or more');
  const device = DEVICES.find((known) => known === values.device);
  if (device === undefined) throw new Error(`--device takes ${DEVICES.join(' or ')}`);
  return { algorithms: selectAlgorithms(values.algorithms), budgetMs: budget.value, seed, device };
}
