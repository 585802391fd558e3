// Flags of the commands that train: which algorithms, for how long, on which device.

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEVICES } from '../../models/onnx/session.ts';
import { ALGORITHMS, selectAlgorithms } from '../../models/release/algorithms.ts';
import { parseDuration } from './duration.ts';

const DEFAULT_BUDGET = '10m';

/** Milliseconds. */
export const budgetOption = () =>
  new Option('--budget <duration>', 'training time in total, such as 90s, 10m or 1h, not including measurement')
    .default(parseBudget(DEFAULT_BUDGET), DEFAULT_BUDGET)
    .argParser(parseBudget);

export const algorithmsOption = () =>
  new Option('--algorithms <names>', `auto (all), or some of ${ALGORITHMS.map(({ name }) => name).join(',')}`)
    .default(ALGORITHMS, 'auto')
    .argParser(parseAlgorithms);

export const deviceOption = () =>
  new Option('--device <device>', 'where training by gradient runs').choices(DEVICES).default('cpu' as const);

function parseBudget(text: string): number {
  const budget = parseDuration(text);
  if (budget.ok) return budget.value;
  throw new InvalidArgumentError(budget.error);
}

function parseAlgorithms(names: string): ReturnType<typeof selectAlgorithms> {
  try {
    return selectAlgorithms(names);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
