// Prepares the local stores before the Worker starts: two processes must not write to the local D1 at once. The work is
// in preparation.ts, a process of its own: the workerd that it opens ends with `npm start`, however that ends.

import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Shutdown } from '../terminal/shutdown.ts';
import type { WorldDates } from '../world/world.ts';
import { readScript, runScript } from './run-script.ts';

export interface ImportSource {
  /** Recognised if it is undefined. */
  format: string | undefined;
  path: string;
  /** An optional catalogue for the interactions. */
  items: string | undefined;
}

export interface Preparation {
  state: string;
  /** Fail if the store contains a made-up world. */
  forImport?: boolean;
  /** Made if the store is empty. */
  world?: (WorldDates & { seed: number }) | undefined;
}

export interface PreparedStore {
  /** Number of events ever logged: the sum of the last sequences of the log's databases. */
  events: number;
  /** True if a release is in use that this version can read. */
  hasRelease: boolean;
  hasItems: boolean;
}

/** Deletes what `npm start` has stored in the folder. */
export function deleteStore(state: string): void {
  for (const name of ['v3', 'files', 'wrangler.log']) rmSync(path.join(state, name), { recursive: true, force: true });
}

/** Creates the tables and, if asked for, the made-up world; counts and exports the log to its end. */
export const prepareStore = (shutdown: Shutdown, preparation: Preparation): Promise<PreparedStore> =>
  readScript(shutdown, 'start/preparation.ts', [JSON.stringify(preparation)]);

/** Imports into a store without a made-up world. Returns the number of events logged before. */
export async function importInto(state: string, source: ImportSource, shutdown: Shutdown): Promise<number> {
  const { events } = await prepareStore(shutdown, { state, forImport: true });
  const format = source.format === undefined ? [] : ['--format', source.format];
  const items = source.items === undefined ? [] : ['--items', source.items];
  await runScript(shutdown, 'import.ts', [source.path, ...format, ...items, '--state', state]);
  return events;
}
