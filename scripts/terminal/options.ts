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

/** A parser of shares, such as 5%, for `argParser`: above 0 and at most `max`. */
export const parseShare =
  (max: number) =>
  (text: string): number => {
    const percent = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
    if (percent >= 0.1 && percent <= 100 * max) return percent / 100;
    throw new InvalidArgumentError(`Give a share such as 5%, from 0.1% to ${100 * max}%.`);
  };

/** Parser of URLs for `argParser`. */
export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Give an address such as https://recommender.example.');
}

/** Parser of names of environments for `argParser`. */
export function parseEnvironment(text: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(text)) return text;
  throw new InvalidArgumentError('Give up to 20 lower-case letters, digits and hyphens.');
}

/** The stores that a command works on. */
export const remoteOption = () =>
  new Option('--remote', 'work on the stores of your Cloudflare account; docs/guides/deploy.md');

/** The Worker that a command calls, instead of the one at an address. */
export const remoteWorkerOption = () =>
  new Option('--remote', 'call the Worker of your Cloudflare account; docs/guides/deploy.md').conflicts('url');

export const environmentOption = () =>
  new Option('--env <name>', 'an environment of the account, as in `npm run deploy`; implies --remote')
    .argParser(parseEnvironment)
    .implies({ remote: true as const });

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
