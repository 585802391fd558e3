// `npm run import`: puts a catalogue and interactions from a file into the local store. Reading and writing is import/.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { isFormat, READERS } from './import/formats.ts';
import { type ImportSummary, importFile } from './import/write.ts';
import { DEFAULT_STATE_DIR, openPlatform } from './local/platform.ts';
import { assertNotServed, StateInUseError } from './state-lock.ts';
import { createProgress } from './terminal/progress.ts';

const HELP = `Puts a catalogue and interactions into the store on this machine.

  npm run import -- --format FORMAT PATH [--items FILE] [--limit N] [--state DIR] [--json]

  sequences    "user item" lines in time order, without times; --items: JSON lines with itemId (or item), title, …
  steam-200k   "user,title,purchase|play,value,0" lines; --items: JSON lines, matched by the letters of the title
  movielens    a folder, or its ratings.dat, ratings.csv or u.data; the movies beside it become the items
  jsonl        this project's own export

  --items FILE   a catalogue of JSON lines to go with the interactions
  --limit N      at most N interactions; a later run without it goes on from there
  --state DIR    where the data is kept (.wrangler/state); stop \`npm start\` first
  --json         the summary as JSON

A name that ends in .gz is unzipped. An import that was interrupted goes on where it stopped when it is started again,
and one that is done is not done twice.
`;

/** What the person at the keyboard can put right: shown without a stack. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { values: flags, positionals } = readFlags();
  if (flags.help) return console.log(HELP);
  const file = positionals[0];
  if (positionals.length !== 1 || file === undefined) throw new UsageError('name one PATH; --help shows how');
  const format = flags.format;
  if (!isFormat(format)) throw new UsageError(`--format takes one of ${Object.keys(READERS).join(', ')}`);
  const limit = flags.limit === undefined ? undefined : Number(flags.limit);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
    throw new UsageError('--limit takes a whole number above 0');

  const state = path.resolve(flags.state);
  assertNotServed(state);
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  const progress = createProgress();
  const platform = await openPlatform(state);
  try {
    const summary = await importFile(
      platform.DB,
      { format, path: file, itemsPath: flags.items, limit },
      Date.now(),
      ({ interactionsRead, itemsWritten }) =>
        progress.update(`${count(itemsWritten)} items, ${count(interactionsRead)} interactions, ${seconds()} s`),
    );
    progress.end();
    console.log(
      flags.json ? JSON.stringify({ ...summary, seconds: seconds() }, null, 2) : describe(summary, seconds()),
    );
  } finally {
    await platform.dispose();
  }
}

function readFlags() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        items: { type: 'string' },
        limit: { type: 'string' },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --help shows how`);
  }
}

const count = (n: number) => n.toLocaleString('en');

function describe(summary: ImportSummary, seconds: number): string {
  if (summary.alreadyDone) return `${summary.file} is already imported; there is nothing to do.`;
  const known = summary.interactionsRead - summary.interactionsWritten;
  const lines = [
    ...(summary.resumedAfterLine > 0 ? [`Went on after line ${count(summary.resumedAfterLine)}.`] : []),
    `${count(summary.itemsWritten)} items and ${count(summary.interactionsWritten)} interactions written in ${seconds} s`,
    `${count(summary.interactionsRead)} interactions read${known > 0 ? `, ${count(known)} of them in the log already` : ''}`,
    ...summary.skipped.map(
      ({ reason, count: n, examples }) =>
        `${count(n)} skipped: ${reason} (${examples.join(', ')}${n > examples.length ? ', …' : ''})`,
    ),
  ];
  return lines.join('\n');
}

/** What to say of a failure, with what to do about it. */
function explain(error: Error & { code?: string; path?: string }): string {
  if (error instanceof UsageError || error instanceof StateInUseError) return error.message;
  if (error.code === 'ENOENT') return `there is no file ${error.path}`;
  if (/SQLITE_BUSY|database is locked/i.test(`${error.message} ${error.cause}`))
    return 'the database is locked by a running server: stop `npm start`, then run this again';
  return `${error.message}\nWhat is written stays: once that is put right, the same command goes on where it stopped.`;
}

main().catch((error: Error) => {
  console.error(`import: ${explain(error)}`);
  process.exitCode = 1;
});
