// The definition of `npm run train`: its flags and its help.

import path from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { COUNTED_ALGORITHMS, type CountedAlgorithm } from '../../models/data/pair-counts.ts';
import { CANARY_SHARE_MAX } from '../../models/experiments/canary.ts';
import { createCommand } from '../terminal/command.ts';
import {
  environmentOption,
  jsonOption,
  parseShare,
  remoteOption,
  seedOption,
  stateOption,
} from '../terminal/options.ts';
import { algorithmsOption, budgetOption, deviceOption } from '../terminal/training-options.ts';

/** Exit code of a training whose release the gate refused; 2 means wrong flags, as in every command. */
export const REFUSED = 3;

export const createTrainCommand = () =>
  createCommand('train', 'Trains models on the newest snapshot and publishes the best one if it passes the gate.')
    .addOption(algorithmsOption())
    .addOption(budgetOption())
    .addOption(seedOption())
    .addOption(deviceOption())
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .option(
      '--counts <algorithm=file>',
      `train ${COUNTED_ALGORITHMS.join(' or ')} on the Parquet files that the query of the same name wrote; repeatable`,
      collectCounts,
    )
    .option('--force', 'publish even if the gate refuses, or if the release in use cannot be read')
    .option('--signing-key <file>', 'sign the release with this key; default: $RELEASE_SIGNING_KEY, or no signature')
    .addOption(
      new Option('--canary <share>', 'show the release to this share of the players first, such as 5%')
        .argParser(parseShare(CANARY_SHARE_MAX))
        .env('CANARY_SHARE'),
    )
    .option('--watch', 'wait for snapshots that the Worker announces, and train on each')
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

/** Files of pair counts, by algorithm. */
export type CountsFiles = Partial<Record<CountedAlgorithm, string>>;

export function collectCounts(text: string, earlier: CountsFiles = {}): CountsFiles {
  const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const algorithm = COUNTED_ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined || file === undefined)
    throw new InvalidArgumentError(`Give ${COUNTED_ALGORITHMS.map((known) => `${known}=FILE`).join(' or ')}.`);
  if (earlier[algorithm] !== undefined) throw new InvalidArgumentError(`${algorithm} has two files.`);
  return { ...earlier, [algorithm]: path.resolve(file) };
}

export type Flags = ReturnType<ReturnType<typeof createTrainCommand>['opts']>;

const AFTER = `
The gate refuses a release that is no better than popularity, or worse than the release in use or the best of the last
ten by more than the noise of the comparison. The state folder may be in use by \`npm start\`, which makes a snapshot
each hour; otherwise the training makes one first, for instance after an import. Ctrl-C ends the training early and
continues with the best models so far; a second Ctrl-C ends at once. A training that was cut short resumes when it runs
again on the same snapshot. If the release in use is pinned (\`npm run releases\`), the new one is published, and the
pinned one stays in use.

With --canary or CANARY_SHARE, the Worker shows the release to that share of the players, compares them with as many
others, and then shows it to all, or takes it back (docs/guides/releases.md). The first release needs no canary.

With --remote, the training reads the stores of the account and publishes there, one training at a time.
CLOUDFLARE_API_TOKEN has a token of the account.

Counts include players who are held out, so only interactions after the newest one that was counted are held out: count
until a day about a week ago.

Exit codes: 0 published, 1 error, 2 wrong flags, ${REFUSED} refused (the release in use stays).

Examples:
  npm run train -- --budget 30m
  npm run train -- --remote --env staging
  npm run -s train -- --algorithms ease,transitions --json
  npm run query -- transitions --to 2026-11-20 --format parquet --output transitions.parquet
  npm run train -- --counts transitions=transitions.parquet`;
