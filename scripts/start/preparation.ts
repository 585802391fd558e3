// The process that prepare-store.ts starts. Argument: a Preparation as JSON. Prints a PreparedStore as JSON on stdout,
// and its progress on stderr.

import { listLogShards } from '../../workers/storage/log-shards.ts';
import { publishState } from '../../workers/storage/publish-state.ts';
import { readCurrentRelease } from '../../workers/storage/releases.ts';
import { type CountVars, readGamesPerDay } from '../../workers/storage/settings.ts';
import { type Platform, readVars, withPlatform } from '../local/platform.ts';
import { countBeyond, countLog, exportLog } from '../log/catch-up.ts';
import { reserveStdout } from '../terminal/json-output.ts';
import { createProgress } from '../terminal/progress.ts';
import { loadWorld } from '../world/load.ts';
import type { Preparation, PreparedStore } from './prepare-store.ts';

async function prepare({ state, forImport, world }: Preparation): Promise<PreparedStore> {
  return withPlatform(state, async (platform) => {
    const { DB, BUCKET } = platform;
    const shards = listLogShards(platform);
    if (forImport) await assertNoWorld(DB);
    const hasItems = async () => (await DB.prepare('select 1 from items limit 1').first()) !== null;
    if (world !== undefined && !(await hasItems())) {
      console.error('Making a store: games, players and 90 days of events …');
      await loadWorld(DB, shards, world, console.error);
    }
    if (!forImport) await catchUp(platform);
    await publishState(platform, Date.now());
    const events = await countBeyond(shards, () => 0);
    const { RELEASE_KEYS } = readVars<Pick<Env, 'RELEASE_KEYS'>>();
    const { manifest } = await readCurrentRelease({ BUCKET, RELEASE_KEYS });
    return { events, hasItems: await hasItems(), hasRelease: manifest.ok && manifest.value !== undefined };
  });
}

/** The Worker's crons would need hours for a large import. */
async function catchUp(platform: Platform): Promise<void> {
  const progress = createProgress();
  const onProgress = (step: string) => progress.update(step);
  const gamesPerDay = readGamesPerDay(readVars<CountVars>().COUNTED_GAMES_PER_DAY);
  await countLog(platform, onProgress, { gamesPerDay });
  await exportLog(platform, onProgress);
  progress.end();
}

/** Real data and the made-up world do not mix. */
async function assertNoWorld(db: D1Database): Promise<void> {
  const items = await db.prepare('select 1 from items limit 1').first();
  const imported = await db.prepare('select 1 from imports limit 1').first();
  if (items !== null && imported === null)
    throw new Error('this store contains other games: delete them with --fresh, or name another folder with --state');
}

const printJson = reserveStdout();
try {
  printJson(await prepare(JSON.parse(process.argv[2]!)));
} catch (error) {
  console.error(`start: ${(error as Error).message}`);
  process.exitCode = 1;
}
