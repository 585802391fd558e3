// The definition of `npm run import`: its flags and its help.

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import { createCommand } from '../terminal/command.ts';
import { environmentOption, jsonOption, parseWholeNumber, remoteOption, stateOption } from '../terminal/options.ts';
import type { ColumnMap } from './custom-shape.ts';
import { FORMATS, type Format, getPreset } from './formats.ts';
import { EVENT_NAMES } from './own-columns.ts';
import type { RatingScale } from './rating-scale.ts';
import { ENCODINGS } from './source-file.ts';

export const createImportCommand = () =>
  createCommand('import', 'Puts a catalogue and interactions from files into the store.')
    .argument('<path>', 'a file, a folder or a glob; gzip and zstd are unpacked')
    .addOption(formatOption())
    .option('--items <path>', 'a catalogue to go with the interactions (CSV, JSON lines, Parquet)')
    .addOption(columnsOption())
    .addOption(typesOption())
    .addOption(ratingScaleOption())
    .addOption(encodingOption())
    .option('--limit <n>', 'at most n interactions; a later run without it goes on from there', parseWholeNumber(1))
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createImportCommand>['opts']>;

export const formatOption = () => new Option('--format <format>', 'recognised if left out, see below').choices(FORMATS);
export const columnsOption = () =>
  new Option('--columns <list>', 'what columns hold: user=…,item=…[,time=…][,value=…][,type=…]').argParser(
    parseColumns,
  );
export const typesOption = () =>
  new Option('--types <list>', 'event types of the file in our words, such as star=like,read=view').argParser(
    parseTypes,
  );
export const ratingScaleOption = () =>
  new Option('--rating-scale <min-max>', 'the scale of the ratings, such as 1-10, if it is not recognised').argParser(
    parseScale,
  );
export const encodingOption = () =>
  new Option('--encoding <name>', 'of text files; recognised if left out').choices(ENCODINGS);

/** `a=b,c=d`. */
function parsePairs(text: string): [string, string][] {
  return text.split(',').map((pair) => {
    const [name, value, ...more] = pair.split('=').map((part) => part.trim());
    if (!name || !value || more.length > 0) throw new InvalidArgumentError(`“${pair}” is not NAME=VALUE.`);
    return [name, value];
  });
}

function parseColumns(text: string): ColumnMap {
  const pairs = parsePairs(text);
  const unknown = pairs.find(([name]) => !Object.hasOwn(EVENT_NAMES, name));
  if (unknown) throw new InvalidArgumentError(`“${unknown[0]}” is none of ${Object.keys(EVENT_NAMES).join(', ')}.`);
  const columns: ColumnMap = Object.fromEntries(pairs);
  if (columns.user === undefined || columns.item === undefined)
    throw new InvalidArgumentError('Give user=… and item=….');
  return columns;
}

function parseTypes(text: string): Record<string, string> {
  const pairs = parsePairs(text);
  const unknown = pairs.find(([, type]) => !EVENT_TYPES.some((known) => known === type));
  if (unknown) throw new InvalidArgumentError(`“${unknown[1]}” is none of ${EVENT_TYPES.join(', ')}.`);
  return Object.fromEntries(pairs);
}

function parseScale(text: string): RatingScale {
  const [, low, high] = /^(-?\d+(?:\.\d+)?)(?:-|–|\.\.)(-?\d+(?:\.\d+)?)$/.exec(text.trim()) ?? [];
  const [min, max] = [Number(low), Number(high)];
  if (low === undefined || max <= min || max <= 0) throw new InvalidArgumentError('Give MIN-MAX, such as 1-10.');
  return { min, max };
}

const describeFormat = (format: Format) => `  ${format.padEnd(22)}${getPreset(format).summary}`;

const AFTER = `
Formats (docs/import.md has their columns):
${FORMATS.map(describeFormat).join('\n')}

The catalogue beside the interactions is read with them; without one, games get their ids as titles. Columns are read by
the names in the header. Stop \`npm start\` first. An interrupted import resumes when it runs again; a finished one is
not repeated, and an event that is in two files is written once. With --remote, CLOUDFLARE_API_TOKEN has a token of the
account.

Examples:
  npm run import -- ml-32m
  npm run import -- interactions.txt --format sequences --items items.jsonl
  npm run import -- ml-32m --remote --env staging
  npm run import -- plays.csv --format csv --columns user=player,item=game,time=played_at,type=play`;
