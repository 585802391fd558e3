// The definition of `npm run evaluate`: its flags and its help.

import { Option } from '@commander-js/extra-typings';
import { PROTOCOLS, type Protocol } from '../../models/evaluation/protocols.ts';
import { columnsOption, encodingOption, formatOption, ratingScaleOption, typesOption } from '../import/command.ts';
import { createCommand } from '../terminal/command.ts';
import { environmentOption, remoteOption, seedOption, stateOption } from '../terminal/options.ts';
import { algorithmsOption, budgetOption, deviceOption } from '../terminal/training-options.ts';

export const createEvaluateCommand = () =>
  createCommand('evaluate', 'Trains algorithms on interactions and measures how well they predict the next.')
    .argument('[path]', 'files that `npm run import` can read; without it, the whole log of the store')
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .addOption(formatOption())
    .option('--items <path>', 'a catalogue, for algorithms that read item metadata')
    .addOption(columnsOption())
    .addOption(typesOption())
    .addOption(ratingScaleOption())
    .addOption(encodingOption())
    .addOption(algorithmsOption())
    .addOption(
      new Option('--protocol <protocol>', 'how the interactions are split, see below')
        .choices(Object.keys(PROTOCOLS) as Protocol[])
        .default('leave-one-out' as const),
    )
    .addOption(budgetOption())
    .addOption(seedOption())
    .addOption(deviceOption())
    .option('--plain-scorer', 'also measure what scores instead of the algorithm marked * if onnxruntime cannot start')
    .option('--json <file>', 'also write the results to this file')
    .option('--html <file>', 'also write a report with pictures and lists to this file')
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createEvaluateCommand>['opts']>;

/** Flags that only say how files are read. */
export const FILE_FLAGS = ['format', 'items', 'columns', 'types', 'ratingScale', 'encoding'] as const;

const AFTER = `
The log is that of --state or --remote, in R2 and D1, with its catalogue. \`npm start\` may run beside it. The flags for
reading files, \`--format\` to \`--encoding\`, need a path.

Protocols:
  leave-one-out          players with three interactions or more: the last is the test, the one before it the validation
  temporal               the latest tenth of all interactions is the test, the tenth before it the validation;
                         sequences and steam-200k have no times: there, each player's last interaction is now
  strong-generalisation  a tenth of the players is the test, another tenth the validation, with five interactions or
                         more each: training sees none of them; the first 80% of their interactions are given
  cold-start             players held out likewise, with eleven interactions or more: the next one is predicted after
                         the first 0, 1, 2, 3, 5 and 10; the table is NDCG@10 by that number

Hyper-parameters, and the algorithm marked *, are selected on the validation. The whole catalogue is ranked without the
player's history; ties count against the algorithm. Popularity is always measured too. In the table:
  95%      interval of NDCG@10, by bootstrap over the players
  p        randomisation test, paired by player, of the difference in NDCG@10 from the algorithm marked *
  cover    share of the catalogue that is in any player's first ten
  bits     novelty of the first ten: −log2 of the share of players who interacted with them
  peak MB  of the whole process, until the algorithm's last model was made

Ctrl-C ends the training and measures the models so far; a second Ctrl-C ends at once.

Examples:
  npm run evaluate -- --algorithms ease,transitions --protocol temporal
  npm run evaluate -- --items items.jsonl --algorithms ease,transitions --budget 30m sequences.txt`;
