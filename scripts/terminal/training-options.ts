// Flags of the commands that train: which algorithms, for how long, on which device.

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEVICES } from '../../models/onnx/session.ts';
import { ALGORITHMS, selectAlgorithms } from '../../models/release/algorithms.ts';
import { BUDGET_NAMES, type BudgetName } from '../../models/release/budget.ts';
import { parseDuration } from './duration.ts';

/** Milliseconds, or the name of a budget that grows with the data. */
export const budgetOption = () =>
  new Option(
    '--budget <duration>',
    'training time in total, not including measurement: such as 90s, 10m or 1h; or by the size of the data: short ' +
      '(20s, or 20s per million interactions and 1.5s per thousand games) or full (10m, or 3m and 6s)',
  )
    .default('full' as BudgetName | number)
    .argParser(parseBudget);

export const algorithmsOption = () =>
  new Option('--algorithms <names>', `auto (all), or some of ${ALGORITHMS.map(({ name }) => name).join(',')}`)
    .default(ALGORITHMS, 'auto')
    .argParser(parseAlgorithms);

export const deviceOption = () =>
  new Option('--device <device>', 'where training by gradient runs').choices(DEVICES).default('cpu' as const);

function parseBudget(text: string): BudgetName | number {
  const name = BUDGET_NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  const budget = parseDuration(text);
  if (budget.ok) return budget.value;
  throw new InvalidArgumentError(`${budget.error.replace(/\.$/, '')}, or ${BUDGET_NAMES.join(' or ')}.`);
}

function parseAlgorithms(names: string): ReturnType<typeof selectAlgorithms> {
  try {
    return selectAlgorithms(names);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
