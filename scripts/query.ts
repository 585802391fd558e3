// `npm run query`: runs one of the SQL files of queries/ over the whole log.

import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SnapshotManifest } from '../models/contracts/snapshot.ts';
import { withDuckDb } from './duckdb/open.ts';
import { withTemporaryFolder } from './local/temporary-folder.ts';
import { fetchWholeLog } from './log/whole-log.ts';
import { createQueryCommand, type Flags } from './query/command.ts';
import { listQueries, type Query } from './query/queries.ts';
import { createRangeViews, type FileFormat, readRows, selectFiles, writeFile } from './query/run-query.ts';
import { runStages } from './query/stages.ts';
import { formatTable, ROWS_SHOWN_MAX } from './query/table.ts';
import { chooseStores } from './stores/choose.ts';
import { runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress, type Progress } from './terminal/progress.ts';

/** Enough to count the pairs of games of ten million events in stages; the local stores are closed by then. */
const MEMORY_LIMIT = '2GB';
const PROGRESS_MS = 1_000;

async function query(name: string, { from, to, format, output, ...storeFlags }: Flags): Promise<void> {
  const found = listQueries().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no query “${name}”; --help lists them`);
  if (format === 'parquet' && output === undefined)
    throw new Error('Parquet is not for a terminal: name a file with --output');
  const print = process.stdout.write.bind(process.stdout);
  // What starts the local stores may print.
  reserveStdout();
  const chosen = await chooseStores(storeFlags);
  const range = { from, to };
  const progress = createProgress();
  await withTemporaryFolder('log', async (folder) => {
    const select = (snapshot: SnapshotManifest) => selectFiles(snapshot, range);
    const onProgress = (step: string) => progress.update(step);
    const files = await chosen.open((stores) =>
      fetchWholeLog(stores, { state: chosen.state, folder, select, onProgress }),
    );
    progress.end();
    if (from === undefined && to === undefined && files.events.length + files.slates.length === 0)
      throw new Error(
        `there is no event in ${chosen.name} yet: \`npm run import\` reads files, \`npm start\` makes a store`,
      );
    await withDuckDb(async (connection) => {
      await createRangeViews(connection, files, range);
      const sql = await withProgress(progress, (onStage) =>
        runStages(connection, found.sql, path.join(folder, 'stages.duckdb'), onStage),
      );
      for await (const part of answer(connection, { ...found, sql }, format, output, folder)) print(part);
    }, MEMORY_LIMIT);
  });
}

/** Shows the name of the stage that runs, since a stage may take long. */
async function withProgress<T>(progress: Progress, run: (onStage: (stage: string) => void) => Promise<T>): Promise<T> {
  let current = '';
  const timer = setInterval(() => progress.update(`counting ${current}`), PROGRESS_MS);
  try {
    return await run((stage) => {
      current = stage;
    });
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

/** Yields the output part by part: an answer may be longer than a string can be. */
async function* answer(
  connection: DuckDBConnection,
  { sql, chart }: Query,
  format: 'table' | FileFormat,
  output: string | undefined,
  folder: string,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'table') {
    yield `${formatTable(await readRows(connection, sql, ROWS_SHOWN_MAX), chart)}\n`;
    return;
  }
  if (output !== undefined) {
    await writeFile(connection, sql, format, path.resolve(output));
    console.error(`Wrote ${output}.`);
    return;
  }
  const file = path.join(folder, 'answer');
  await writeFile(connection, sql, format, file);
  yield* createReadStream(file);
}

await runCommand(createQueryCommand().action(query));
