// `npm run import`: puts a catalogue and interactions from a file into the local store. import/ reads and writes.

import { createImportCommand, type Flags } from './import/command.ts';
import { type ImportSummary, importFile } from './import/write.ts';
import { openPlatform } from './local/platform.ts';
import { assertNotServed, StateInUseError } from './state-lock.ts';
import { runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress } from './terminal/progress.ts';

async function importInteractions(file: string, { format, items, limit, state, json }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  assertNotServed(state);
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  const progress = createProgress();
  const platform = await openPlatform(state);
  try {
    const request = { format, path: file, itemsPath: items, limit };
    const summary = await importFile(platform.DB, request, Date.now(), ({ interactionsRead, itemsWritten }) =>
      progress.update(`${count(itemsWritten)} items, ${count(interactionsRead)} interactions, ${seconds()} s`),
    );
    progress.end();
    if (printJson) printJson({ ...summary, seconds: seconds() });
    else console.log(describe(summary, seconds()));
  } finally {
    await platform.dispose();
  }
}

const count = (n: number) => n.toLocaleString('en');

function describe(summary: ImportSummary, seconds: number): string {
  if (summary.alreadyDone) return `${summary.file} has been imported already; there is nothing to do.`;
  const known = summary.interactionsRead - summary.interactionsWritten;
  const lines = [
    ...(summary.resumedAfterLine > 0 ? [`Resumed after line ${count(summary.resumedAfterLine)}.`] : []),
    `${count(summary.itemsWritten)} items and ${count(summary.interactionsWritten)} interactions ` +
      `written in ${seconds} s`,
    `${count(summary.interactionsRead)} interactions read` +
      (known > 0 ? `, ${count(known)} of them already in the log` : ''),
    ...summary.skipped.map(
      ({ reason, count: n, examples }) =>
        `${count(n)} skipped: ${reason} (${examples.join(', ')}${n > examples.length ? ', …' : ''})`,
    ),
  ];
  return lines.join('\n');
}

/** Returns the text for an error, with the remedy. */
function explain(error: Error & { code?: string; path?: string }): string {
  if (error instanceof StateInUseError) return error.message;
  if (error.code === 'ENOENT') return `no such file: ${error.path}`;
  if (/SQLITE_BUSY|database is locked/i.test(`${error.message} ${error.cause}`))
    return 'the database is locked by a running server: stop `npm start`, then run this again';
  return `${error.message}\nWhat has been written stays; once this is fixed, the same command resumes.`;
}

await runCommand(createImportCommand().action(importInteractions), explain);
