// `npm run import`: puts a catalogue and interactions from files into a store. import/ reads and writes.

import { type CountVars, readGamesPerDay } from '../workers/storage/settings.ts';
import { CloudflareError } from './deploy/api.ts';
import { createImportCommand, type Flags } from './import/command.ts';
import { describeSummary } from './import/describe-summary.ts';
import { FilesRefusedError } from './import/skipped.ts';
import { importFiles } from './import/write.ts';
import { StateInUseError } from './local/state-lock.ts';
import { countLog } from './log/catch-up.ts';
import { PassingFailure } from './remote/retries.ts';
import { type ChosenStores, chooseStores } from './stores/choose.ts';
import { explainError, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress, type Progress } from './terminal/progress.ts';

async function importInteractions(path: string, { items, state, remote, env, json, ...flags }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  const chosen = await chooseStores({ state, remote, env });
  chosen.assertWritable();
  const startedAt = performance.now();
  const readSeconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  const progress = createProgress();
  const request = { ...flags, path, itemsPath: items };
  try {
    const summary = await chosen.open((stores) =>
      importFiles(stores, request, Date.now(), ({ step, done, of }) => {
        const share = of > 0 ? ` ${done.toLocaleString('en')} of ${of.toLocaleString('en')}` : '';
        progress.update(`${step}${share}, ${readSeconds()} s`);
      }),
    );
    if (chosen.isRemote) await countImported(chosen, progress);
    const seconds = readSeconds();
    progress.end();
    if (printJson) printJson({ ...summary, seconds });
    else console.log(describeSummary(summary, seconds));
  } finally {
    progress.end();
  }
}

/** As `npm start` does for the local store: the Worker's crons would need hours for a large import. */
async function countImported(chosen: ChosenStores, progress: Progress): Promise<void> {
  const gamesPerDay = readGamesPerDay(chosen.readVars<CountVars>().COUNTED_GAMES_PER_DAY);
  await chosen.open((stores) => countLog(stores, (step) => progress.update(step), { gamesPerDay }));
}

/** Returns the text for an error, with the remedy. */
function explain(error: Error): string {
  if (error instanceof StateInUseError || error instanceof FilesRefusedError) return error.message;
  const message = `${error.message} ${error.cause ?? ''}`;
  if (/SQLITE_BUSY|database is locked/i.test(message))
    return 'the database is locked by a running server: stop `npm start`, then run this again';
  if (
    error instanceof PassingFailure ||
    error instanceof CloudflareError ||
    /D1_ERROR|fetch failed|ECONN/.test(message)
  )
    return `${error.message}\nWhat has been written stays; once this is fixed, the same command resumes.`;
  return explainError(error);
}

await runCommand(createImportCommand().action(importInteractions), explain);
