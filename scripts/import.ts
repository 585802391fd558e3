// `npm run import`: puts a catalogue and interactions from files into the local store. import/ reads and writes.

import { createImportCommand, type Flags } from './import/command.ts';
import { describeSummary } from './import/describe-summary.ts';
import { FilesRefusedError } from './import/skipped.ts';
import { importFiles } from './import/write.ts';
import { openPlatform } from './local/platform.ts';
import { assertNotServed, StateInUseError } from './state-lock.ts';
import { runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress } from './terminal/progress.ts';

async function importInteractions(path: string, { items, state, json, ...flags }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  assertNotServed(state);
  const startedAt = performance.now();
  const readSeconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  const progress = createProgress();
  const platform = await openPlatform(state);
  try {
    const request = { ...flags, path, itemsPath: items };
    const summary = await importFiles(platform, request, Date.now(), ({ step, done, of }) => {
      const share = of > 0 ? ` ${done.toLocaleString('en')} of ${of.toLocaleString('en')}` : '';
      progress.update(`${step}${share}, ${readSeconds()} s`);
    });
    const seconds = readSeconds();
    progress.end();
    if (printJson) printJson({ ...summary, seconds });
    else console.log(describeSummary(summary, seconds));
  } finally {
    progress.end();
    await platform.dispose();
  }
}

/** Returns the text for an error, with the remedy. */
function explain(error: Error & { code?: string; path?: string }): string {
  if (error instanceof StateInUseError || error instanceof FilesRefusedError) return error.message;
  if (error.code === 'ENOENT') return `no such file: ${error.path}`;
  const message = `${error.message} ${error.cause ?? ''}`;
  if (/SQLITE_BUSY|database is locked/i.test(message))
    return 'the database is locked by a running server: stop `npm start`, then run this again';
  if (/D1_ERROR|fetch failed|ECONN/.test(message))
    return `${error.message}\nWhat has been written stays; once this is fixed, the same command resumes.`;
  return error.message;
}

await runCommand(createImportCommand().action(importInteractions), explain);
