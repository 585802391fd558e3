// The flags of `npm run evaluate`, and what it says of itself.

import { parseArgs } from 'node:util';
import { PROTOCOLS, type Protocol } from '../../models/evaluation/protocols.ts';
import { ALGORITHMS } from '../../models/release/algorithms.ts';
import { isFormat, READERS } from '../import/formats.ts';
import { DEFAULT_BUDGET, readTrainingFlags, TRAINING_FLAGS } from '../terminal/training-flags.ts';

export const HELP = `Trains algorithms on a file of interactions and measures them on what players chose next.

  npm run evaluate -- --format FORMAT FILE [--items FILE] [--algorithms auto|a,b,…] [--protocol PROTOCOL]
                      [--budget T] [--seed S] [--device cpu|cuda] [--json OUT]

  --format      ${Object.keys(READERS).join(', ')}, as \`npm run import -- --help\` explains them
  --items FILE  a catalogue of JSON lines, for algorithms that read what games are
  --algorithms  auto (all, the default), or some of
                ${ALGORITHMS.map(({ name }) => name).join(',')}; popularity is always measured beside
  --protocol    leave-one-out (default)  players with three choices or more: the last is the test, the one before it the
                                         validation
                temporal                 the latest tenth of all choices is the test, the tenth before it the validation;
                                         sequences and steam-200k have no times: there, each player's last choice is now
                strong-generalisation    a tenth of the players is the test, another the validation, with five choices or
                                         more each: training sees none of them, the first 80% of their choices are given
                cold-start               players held out likewise, with eleven choices or more: each is asked for the next
                                         one after the first 0, 1, 2, 3, 5 and 10; the table is NDCG@10 by that number
  --budget T    time to train and to choose hyper-parameters, like 90s, 10m or 1h (${DEFAULT_BUDGET}); the test comes on top
  --seed S      of what is random, a whole number (1)
  --device      where what learns by gradient computes (cpu)
  --json OUT    the results in the file OUT too

Hyper-parameters, and the algorithm marked *, are chosen on the validation. The whole catalogue is ranked without the
player's history; ties count against the algorithm. In the table:
  95%      interval of NDCG@10, by bootstrap over the players
  p        randomisation test, player by player, of the difference in NDCG@10 from the algorithm marked *
  cover    share of the catalogue that is in somebody's first ten
  bits     how little known the games in the first ten are: −log2 of the share of players who chose them
  peak MB  of the whole process, until the algorithm's last model was made
Ctrl-C ends the training and measures what is there; a second one ends at once.
`;

export type Flags = ReturnType<typeof readFlags>;

/** Throws what is wrong with them, in one line. */
export function readFlags(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...TRAINING_FLAGS,
        format: { type: 'string', default: 'sequences' },
        items: { type: 'string' },
        protocol: { type: 'string', default: 'leave-one-out' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const { format, protocol } = values;
    const [file = ''] = positionals;
    if (positionals.length !== 1 && !values.help) throw new Error('name one FILE');
    if (!isFormat(format)) throw new Error(`--format takes one of ${Object.keys(READERS).join(', ')}`);
    if (!isProtocol(protocol)) throw new Error(`--protocol takes one of ${Object.keys(PROTOCOLS).join(', ')}`);
    return { ...values, ...readTrainingFlags(values), file, format, protocol };
  } catch (error) {
    throw new Error(`${(error as Error).message.replaceAll('\n', ' ')}; --help shows how`, { cause: error });
  }
}

const isProtocol = (name: string): name is Protocol => Object.hasOwn(PROTOCOLS, name);
