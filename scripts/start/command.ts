// The definition of `npm start`: its flags and its help.

import { InvalidArgumentError } from '@commander-js/extra-typings';
import { FORMATS } from '../import/formats.ts';
import { createCommand } from '../terminal/command.ts';
import { parseWholeNumber, stateOption } from '../terminal/options.ts';

const DEFAULT_PORT = 8787;
const PORT_MAX = 65_535;

export const createStartCommand = () =>
  createCommand('start', 'Runs the whole system on this machine: a store, the Worker, the crons and the trainer.')
    .option('--port <n>', 'port to listen on', parseWholeNumber(1, PORT_MAX), DEFAULT_PORT)
    .option('--import <path>', 'import real data instead of making a store; FORMAT:PATH names its format', parseSource)
    .option('--items <path>', 'a catalogue to go with --import')
    .addOption(stateOption())
    .option('--fresh', 'delete the local data first')
    .option('--world-date <date>', 'make the store of that day (YYYY-MM-DD), moved to end now', parseDate)
    .option('--no-open', 'do not open the browser')
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createStartCommand>['opts']>;

/** A path may contain colons: only a known format before the first is one. */
function parseSource(text: string): { format: string | undefined; path: string } {
  const colon = text.indexOf(':');
  const format = FORMATS.find((known) => known === text.slice(0, colon));
  const path = format === undefined ? text : text.slice(colon + 1);
  if (path === '')
    throw new InvalidArgumentError('Give PATH or FORMAT:PATH; `npm run import -- --help` lists formats.');
  return { format, path };
}

/** Noon UTC of the day, in epoch milliseconds. */
function parseDate(text: string): number {
  const noon = Date.parse(`${text}T12:00:00Z`);
  // Date.parse takes 31 February for 3 March.
  if (!Number.isNaN(noon) && new Date(noon).toISOString().startsWith(`${text}T`)) return noon;
  throw new InvalidArgumentError('Give a day as YYYY-MM-DD.');
}

const AFTER = `
Without --import an empty store gets some 2,000 made-up games and 3,000 made-up players. Ctrl-C waits until the
log has what was accepted, then ends everything; a second Ctrl-C ends it at once.

Examples:
  npm start
  npm start -- --import ml-32m
  npm start -- --import sequences:interactions.txt --items items.jsonl`;
