// The definition of `npm run chaos`: its flags and its help.

import path from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { createCommand } from '../terminal/command.ts';
import { parseDuration } from '../terminal/duration.ts';
import { jsonOption, parseWholeNumber, seedOption } from '../terminal/options.ts';

const EVENTS = 100_000;
/** Every fourth is wrangler's listener: 21 are the Worker's process, wrangler, or both. */
const KILLS = 27;
/** An object keeps the newest 500 actions of a player; all of them are compared. */
const EVENTS_PER_PLAYER = 400;
const MINUTE_MS = 60_000;

export const createChaosCommand = () =>
  createCommand('chaos', 'Kills processes, drops messages and fails D1 while players send events, and counts losses.')
    .option('--events <n>', 'events to send', parseWholeNumber(1), EVENTS)
    .option(
      '--players <n>',
      `players who send them; without it one for ${EVENTS_PER_PLAYER} events`,
      parseWholeNumber(1),
    )
    .option('--kills <n>', 'processes killed while they are sent', parseWholeNumber(0), KILLS)
    .option('--outage <duration>', 'how long D1 fails, in the middle', parseOutage, MINUTE_MS)
    .option('--shards <n>', 'databases of the log; all but one are added half-way', parseWholeNumber(1), 1)
    .addOption(seedOption('seed of the events; kills and faults depend on timing'))
    .option('--state <dir>', 'folder for a store that is kept; without it a temporary one', (dir) => path.resolve(dir))
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createChaosCommand>['opts']>;

/** Throws if the objects could not keep all events. */
export function choosePlayers({ events, players }: Pick<Flags, 'events' | 'players'>): number {
  const least = Math.ceil(events / EVENTS_PER_PLAYER);
  if (players !== undefined && players < least)
    throw new Error(`${events} events need at least ${least} players: an object keeps the newest events only`);
  return players ?? least;
}

function parseOutage(text: string): number {
  if (text === '0') return 0;
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError(parsed.error);
}

const AFTER = `
Runs the Worker in \`wrangler dev\` over an empty store. Clients send each event until it is acknowledged. Meanwhile the
Worker's process, wrangler, both, or wrangler's listener get a SIGKILL in turns; queue messages are dropped, doubled,
delayed and reordered; and D1 refuses statements for a while, or carries them out and answers with an error. With
\`--shards 4\`, the log gets three more databases while events are on their way. In the end
every acknowledged event must be in its player's object and in the log, once, and the statistics must count it once. The
crons that count and export the log run all the time, twice at once. Exit code 1 if an event is lost or doubled, or if a
planned fault did not happen.

Example:
  npm run chaos -- --events 5000 --kills 3 --outage 10s`;
