// Flags that several commands share. Those of commands that train are in training-options.ts, which loads the trainers.

import path from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEFAULT_STATE_DIR, PROJECT_DIR } from '../local/project.ts';

/** A parser of whole numbers for `argParser`. */
export const parseWholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER
        ? `Give a whole number, ${min} or more.`
        : `Give a whole number from ${min} to ${max}.`,
    );
  };

/** Parser of URLs for `argParser`. */
export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Give an address such as https://recommender.example.');
}

/** The Worker that a command calls. */
export const urlOption = () =>
  new Option('--url <url>', 'address of the Worker').default('http://localhost:8787').argParser(parseUrl);

export const stateOption = () =>
  new Option('--state <dir>', 'folder of the local data')
    .default(DEFAULT_STATE_DIR, path.relative(PROJECT_DIR, DEFAULT_STATE_DIR))
    .argParser((dir) => path.resolve(dir));

export const seedOption = (description = 'seed of everything random') =>
  new Option('--seed <n>', description).default(1).argParser(parseWholeNumber(0));

export const jsonOption = () => new Option('--json', 'print JSON on stdout and nothing else');
