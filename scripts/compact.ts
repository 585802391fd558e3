// `npm run compact`: merges the small files of the log's days in R2. scripts/log/compact.ts does it.

import { type Compaction, compactLog } from './log/compact.ts';
import { fileCache } from './log/fetch-files.ts';
import { chooseStores } from './stores/choose.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { environmentOption, jsonOption, remoteOption, stateOption } from './terminal/options.ts';
import { createProgress } from './terminal/progress.ts';

const AFTER = `
Each day before today gets files of at most 256 MB, sorted by player, without repeated events. The state folder may be
in use by \`npm start\`. An interrupted compaction changes nothing; run it again.`;

const createCompactCommand = () =>
  createCommand('compact', 'Merges the small Parquet files of the log.')
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

type Flags = ReturnType<ReturnType<typeof createCompactCommand>['opts']>;

async function compact({ json, ...storeFlags }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  const chosen = await chooseStores(storeFlags);
  const progress = createProgress();
  const done = await chosen.open(({ BUCKET, state }) =>
    compactLog(BUCKET, fileCache(state), Date.now(), ({ kind, day }) => progress.update(`compacted ${kind} of ${day}`)),
  );
  progress.end();
  if (printJson) printJson({ compacted: done });
  else console.log(describe(done));
}

function describe(done: readonly Compaction[]): string {
  if (done.length === 0) return 'Nothing to compact: no day before today has several small files.';
  const sum = (read: (compaction: Compaction) => number) =>
    done.reduce((total, compaction) => total + read(compaction), 0);
  const repeated = sum((compaction) => compaction.repeated);
  const leftOut = repeated === 0 ? '' : `; ${count(repeated)} repeated rows left out`;
  return (
    `${count(sum(({ files }) => files))} files became ${count(done.length)}: ${count(sum(({ rows }) => rows))} rows, ` +
    `${(sum(({ bytes }) => bytes) / 1e6).toFixed(1)} MB${leftOut}.`
  );
}

const count = (n: number) => n.toLocaleString('en');

await runCommand(createCompactCommand().action(compact));
