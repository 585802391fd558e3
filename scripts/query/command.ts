// The definition of `npm run query`: its flags and its help.

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { createCommand } from '../terminal/command.ts';
import { environmentOption, remoteOption, stateOption } from '../terminal/options.ts';
import { listQueries } from './queries.ts';

const FORMATS = ['table', 'csv', 'json', 'parquet'] as const;

function parseDay(text: string): string {
  const day = new Date(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text))
    return text;
  throw new InvalidArgumentError('Give a day as YYYY-MM-DD.');
}

export function createQueryCommand() {
  const queries = listQueries();
  return createCommand('query', 'Runs a query of queries/ over the whole log, in R2 and D1.')
    .argument('<name>', `one of ${queries.map(({ name }) => name).join(', ')}`)
    .option('--from <day>', 'only what happened on this UTC day or later', parseDay)
    .option('--to <day>', 'only what happened on this UTC day or earlier', parseDay)
    .addOption(new Option('--format <format>', 'of the result').choices(FORMATS).default('table' as const))
    .option('--output <file>', 'write the result to this file; parquet needs it')
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .addHelpText('after', describeQueries(queries));
}

export type Flags = ReturnType<ReturnType<typeof createQueryCommand>['opts']>;

const describeQueries = (queries: ReturnType<typeof listQueries>): string => `
Queries:
${queries.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

docs/queries.md runs the same files on other engines.

Examples:
  npm run query -- players-per-day --from 2026-01-01
  npm run -s query -- transitions --format parquet --output transitions.parquet`;
