// A player's log as readers see it: it includes the events of guests with open merges, which the log has under the
// guests' own ids, as events of the player.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { mergedEventId } from '../../models/features/signals.ts';
import { type LoggedAction, readActionsOf, readMarkEvents, readSignalEvents } from './events.ts';
import type { LogShards } from './log-shards.ts';
import { readOpenGuests } from './merges.ts';
import { readManyPreferences } from './users.ts';

type ReadEvents = (shards: LogShards, userId: string) => Promise<PlayerEvent[]>;

/** `db` has the merges. */
const readWithGuests = async (db: D1Database, shards: LogShards, userId: string, read: ReadEvents) => {
  // In parallel, since nearly all players have no guests with open merges.
  const [guests, own] = await Promise.all([readOpenGuests(db, [userId]), read(shards, userId)]);
  const others = await Promise.all([...guests.keys()].map((guestId) => read(shards, guestId)));
  return renameGuests([...own, ...others.flat()], guests);
};

/** As `readSignalEvents`. */
export const readPlayerSignals = (db: D1Database, shards: LogShards, userId: string): Promise<PlayerEvent[]> =>
  readWithGuests(db, shards, userId, readSignalEvents);

/** As `readMarkEvents`. */
export const readPlayerMarks = (db: D1Database, shards: LogShards, userId: string): Promise<PlayerEvent[]> =>
  readWithGuests(db, shards, userId, readMarkEvents);

/** As `readActionsOf`, with preferences by user: the player's own, or else those of a guest. */
export async function readPlayers(
  db: D1Database,
  shards: LogShards,
  userIds: readonly string[],
): Promise<{ events: LoggedAction[]; preferences: Map<string, Preferences> }> {
  const guests = await readOpenGuests(db, userIds);
  const all = [...userIds, ...guests.keys()];
  const [events, preferences] = await Promise.all([readActionsOf(shards, all), readManyPreferences(db, all)]);
  for (const guestId of guests.keys()) {
    const playerId = findPlayer(guestId, guests);
    const taken = preferences.get(guestId);
    if (taken !== undefined && !preferences.has(playerId)) preferences.set(playerId, taken);
  }
  return { events: renameGuests(events, guests), preferences };
}

function findPlayer(guestId: string, guests: ReadonlyMap<string, string>): string {
  let playerId = guestId;
  while (guests.has(playerId)) playerId = guests.get(playerId)!;
  return playerId;
}

const renameGuests = <E extends Pick<PlayerEvent, 'id' | 'userId'>>(
  events: readonly E[],
  guests: ReadonlyMap<string, string>,
): E[] =>
  events.map((event) => {
    let own = event;
    while (guests.has(own.userId))
      own = { ...own, id: mergedEventId(own.userId, own.id), userId: guests.get(own.userId)! };
    return own;
  });
