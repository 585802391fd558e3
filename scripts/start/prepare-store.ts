// Prepares the local stores before the Worker starts: two processes must not write to the local D1 at once.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { readPointer } from '../../workers/storage/releases.ts';
import { withPlatform } from '../local/platform.ts';
import type { Shutdown } from '../terminal/shutdown.ts';
import { loadWorld } from '../world/load.ts';
import type { WorldDates } from '../world/world.ts';
import { runScript } from './run-script.ts';

const WORLD_SEED = 1;

export interface ImportSource {
  /** Recognised if it is undefined. */
  format: string | undefined;
  path: string;
  /** An optional catalogue for the interactions. */
  items: string | undefined;
}

/** Deletes what `npm start` has stored in the folder. */
export function deleteStore(state: string): void {
  for (const name of ['v3', 'files', 'wrangler.log']) rmSync(path.join(state, name), { recursive: true, force: true });
}

/** Imports into a store without a made-up world. Returns whether the log has new events. */
export async function importInto(state: string, source: ImportSource, shutdown: Shutdown): Promise<boolean> {
  const before = await withPlatform(state, async ({ DB }) => {
    await assertNoWorld(DB);
    return readLastSequence(DB);
  });
  const format = source.format === undefined ? [] : ['--format', source.format];
  const items = source.items === undefined ? [] : ['--items', source.items];
  await runScript(shutdown, 'import.ts', [source.path, ...format, ...items, '--state', state]);
  return (await withPlatform(state, ({ DB }) => readLastSequence(DB))) > before;
}

/**
 * Creates the tables and, if `world` is given and the store is empty, the made-up world. Returns whether a release has
 * been published.
 */
export const prepareStore = (state: string, world: WorldDates | undefined): Promise<boolean> =>
  withPlatform(state, async ({ DB, BUCKET }) => {
    const isEmpty = (await DB.prepare('select 1 from items limit 1').first()) === null;
    if (isEmpty && world !== undefined) {
      console.log('Making a store: games, players and 90 days of events …');
      await loadWorld(DB, { seed: WORLD_SEED, ...world }, console.log);
    }
    if (isEmpty && world === undefined)
      console.error('The store has no games: every gallery will be empty until there is a catalogue or an import.');
    return (await readPointer(BUCKET)) !== undefined;
  });

const readLastSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select max(sequence) as n from events').first<number>('n')) ?? 0;

/** Real data and the made-up world do not mix. */
async function assertNoWorld(db: D1Database): Promise<void> {
  const items = await db.prepare('select 1 from items limit 1').first();
  const imported = await db.prepare('select 1 from imports limit 1').first();
  if (items !== null && imported === null)
    throw new Error('this store contains other games: delete them with --fresh, or name another folder with --state');
}
