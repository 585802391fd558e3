// Galleries for many players at once, for the time when a player's object cannot be asked: a job names the active players on
// a queue, and its consumer makes their galleries from the log, in bulk. No object is asked.

import { z } from 'zod';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { deriveUserState, emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { makeGallery } from '../serving/make-gallery.ts';
import { readActionsOf } from '../storage/events.ts';
import { deleteOldGalleries, writeBatchGalleries } from '../storage/galleries.ts';
import { readPointer } from '../storage/releases.ts';
import { listActiveUsers, readManyPreferences } from '../storage/users.ts';

const DAY_MS = 86_400_000;
/** Who was seen within these days may come back before the next run. */
const ACTIVE_DAYS = 7;
/** A gallery that was not made anew for this long is of a player who has gone. */
const KEPT_DAYS = 14;
const PLAYERS_PER_MESSAGE = 50;
/** What a queue takes in one call: 100 messages, 256 KB. */
const MESSAGES_PER_CALL = 100;
const BYTES_PER_CALL = 200_000;
const PLAYERS_PER_PAGE = 100 * PLAYERS_PER_MESSAGE;

const PlayersToCompute = z.object({ userIds: z.array(z.string()) });
export type PlayersToCompute = z.infer<typeof PlayersToCompute>;

/** Names the active players on the queue; returns how many. Before the first release there is nothing to compute. */
export async function fanOutPlayers(
  { DB, BUCKET, GALLERIES }: Pick<Env, 'DB' | 'BUCKET' | 'GALLERIES'>,
  now: number,
): Promise<number> {
  await deleteOldGalleries(DB, now - KEPT_DAYS * DAY_MS);
  if ((await readPointer(BUCKET)) === undefined) return 0;
  let players = 0;
  let last = '';
  for (;;) {
    const page = await listActiveUsers(DB, now - ACTIVE_DAYS * DAY_MS, last, PLAYERS_PER_PAGE);
    let messages: { body: PlayersToCompute }[] = [];
    let bytes = 0;
    for (let from = 0; from < page.length; from += PLAYERS_PER_MESSAGE) {
      const body = { userIds: page.slice(from, from + PLAYERS_PER_MESSAGE) };
      const length = Buffer.byteLength(JSON.stringify(body));
      if (messages.length === MESSAGES_PER_CALL || bytes + length > BYTES_PER_CALL) {
        await GALLERIES.sendBatch(messages);
        [messages, bytes] = [[], 0];
      }
      messages.push({ body });
      bytes += length;
    }
    if (messages.length > 0) await GALLERIES.sendBatch(messages);
    players += page.length;
    if (page.length < PLAYERS_PER_PAGE) return players;
    last = page.at(-1)!;
  }
}

/** The consumer of the queue `galleries`. Done again it makes the same galleries again. */
export async function consumeGalleries(
  batch: MessageBatch<unknown>,
  env: Env,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<void> {
  for (const message of batch.messages) {
    try {
      await computeGalleries(env, PlayersToCompute.parse(message.body).userIds, Date.now(), waitUntil);
      message.ack();
    } catch (error) {
      console.error(JSON.stringify({ alert: 'galleries not computed', error: (error as Error).message }));
      message.retry({ delaySeconds: 30 * message.attempts });
    }
  }
}

/** Returns how many galleries were made: a player whose gallery would lack something keeps the one of before. */
async function computeGalleries(
  env: Env,
  userIds: readonly string[],
  now: number,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<number> {
  const [events, preferences] = await Promise.all([
    readActionsOf(env.DB, userIds),
    readManyPreferences(env.DB, userIds),
  ]);
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  const made: Parameters<typeof writeBatchGalleries>[1][number][] = [];
  for (const userId of userIds) {
    const own = (byUser.get(userId) ?? []).map(toSignalEvent);
    const user = viewOf(own, preferences.get(userId), now);
    const context = { ...EMPTY_CONTEXT, ...lastPlace(byUser.get(userId)) };
    const gallery = await makeGallery({ env, userId, user, context, waitUntil });
    const had = [...new Set([...user.owned, ...user.played])];
    const { ageLimit } = user.preferences;
    if (gallery !== undefined)
      made.push({ userId, gallery: { ...gallery, ownedOrPlayed: had, dismissed: user.dismissed, ageLimit } });
  }
  await writeBatchGalleries(env.DB, made, now);
  return made.length;
}

const viewOf = (
  events: Parameters<typeof foldEvents>[1],
  preferences: Preferences | undefined,
  now: number,
): UserState => deriveUserState(foldEvents(emptySignals(), events).signals, preferences ?? EMPTY_PREFERENCES, now);

/** Where the player was seen last. */
function lastPlace(events: readonly { timestamp: number; country: string | null; platform: string | null }[] = []) {
  const last = events.reduce<(typeof events)[number] | undefined>(
    (newest, event) => (newest === undefined || event.timestamp > newest.timestamp ? event : newest),
    undefined,
  );
  return { country: last?.country ?? null, platform: last?.platform ?? null };
}
