// The flags of `npm run train`, and what it says of itself.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { ALGORITHMS } from '../../models/release/algorithms.ts';
import { DEFAULT_STATE_DIR } from '../local/platform.ts';
import { DEFAULT_BUDGET, readTrainingFlags, TRAINING_FLAGS } from '../terminal/training-flags.ts';

export const HELP = `Trains models on the newest snapshot, publishes the one that does best on choices it has not seen.

  npm run train -- [--algorithms auto|A,B] [--budget 10m] [--seed N] [--device cpu|cuda] [--state DIR] [--force] [--watch] [--json]

  --algorithms  auto (all), or some of ${ALGORITHMS.map(({ name }) => name).join(',')}
  --budget      the time for all of them together, as 90s, 10m or 1h (${DEFAULT_BUDGET}); measuring and publishing come on top
  --seed        of what is random, a whole number (1)
  --device      where what learns by gradient computes (cpu)
  --state DIR   where the data is kept (.wrangler/state); may be in use by \`npm start\`
  --force       publish even what is worse than popularity or than the release in use, or cannot be compared with it
  --watch       wait for snapshots that the Worker announces, and train on each
  --json        the outcome as JSON, one line per training

Ctrl-C ends the training early and goes on with the best so far; a second one ends at once. A training that was cut
short goes on where it was when it is started again on the same snapshot.

Exit code 0: published; 1: something went wrong; 2: refused, the release in use stays.
`;

export type Flags = ReturnType<typeof readFlags>;

/** Throws what is wrong with them. */
export function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...TRAINING_FLAGS,
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        force: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return { ...values, ...readTrainingFlags(values), state: path.resolve(values.state) };
  } catch (error) {
    throw new Error(`${(error as Error).message}; --help shows how`, { cause: error });
  }
}
