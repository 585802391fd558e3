// The process that runs a job of the log to its end for `npm run bench -- scale`. Arguments: the job, the state folder.

import { trimLog } from '../../workers/offline/trim-log.ts';
import { type CountVars, type RetentionVars, readGamesPerDay, readHotDays } from '../../workers/storage/settings.ts';
import { type Platform, readVars, withPlatform } from '../local/platform.ts';
import { countLog, exportLog } from '../log/catch-up.ts';

const DAY_MS = 86_400_000;
const log = (step: string) => console.error(step);

const JOBS: Record<string, (stores: Platform) => Promise<unknown>> = {
  count: (stores) =>
    countLog(stores, log, { gamesPerDay: readGamesPerDay(readVars<CountVars>().COUNTED_GAMES_PER_DAY) }),
  archive: (stores) => exportLog(stores, log),
  trim: trimWhole,
};

/** A day on which all imported events have left the hot window. */
async function trimWhole(stores: Platform): Promise<void> {
  const settings = readVars<RetentionVars>();
  const now = Date.now() + (readHotDays(settings.LOG_HOT_DAYS) + 1) * DAY_MS;
  for (let trimmed = 0; ; ) {
    const deleted = await trimLog({ ...stores, ...settings }, now);
    if (deleted === 0) return;
    trimmed += deleted;
    log(`trimmed ${trimmed.toLocaleString('en')} events`);
  }
}

const [, , job, state] = process.argv;
await withPlatform(state!, JOBS[job!]!);
