// The definition of `npm run import`: its flags and its help.

import { Option } from '@commander-js/extra-typings';
import { createCommand } from '../terminal/command.ts';
import { jsonOption, parseWholeNumber, stateOption } from '../terminal/options.ts';
import { FORMATS } from './formats.ts';

export const createImportCommand = () =>
  createCommand('import', 'Puts a catalogue and interactions from a file into the local store.')
    .argument('<path>', 'the interactions; a name that ends in .gz is unzipped')
    .addOption(new Option('--format <format>', 'see below').choices(FORMATS).makeOptionMandatory())
    .option('--items <file>', 'a catalogue of JSON lines to go with the interactions')
    .option('--limit <n>', 'at most n interactions; a later run without it goes on from there', parseWholeNumber(1))
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createImportCommand>['opts']>;

const AFTER = `
Formats:
  sequences    "user item" lines in time order, without times; --items: JSON lines with itemId (or item), title, …
  steam-200k   "user,title,purchase|play,value,0" lines; --items: JSON lines, matched by the letters of the title
  movielens    a folder, or its ratings.dat, ratings.csv or u.data; the movies beside it become the items
  jsonl        this project's own export

Stop \`npm start\` first. An interrupted import resumes when it runs again; a finished one is not repeated.

Examples:
  npm run import -- --format movielens ml-1m
  npm run import -- --format sequences interactions.txt --items items.jsonl`;
