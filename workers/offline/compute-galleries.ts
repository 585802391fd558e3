// Batch galleries, served when a player's object is unavailable: a job queues the active players, and the consumer
// makes their galleries from the log. No object is called.

import { z } from 'zod';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { BatchGallery, StoredGallery } from '../../models/contracts/stored-gallery.ts';
import { emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { logError } from '../logging/log.ts';
import { makeGalleries, type Player } from '../serving/make-gallery.ts';
import { deleteOldGalleries, readComputedAt, writeBatchGalleries } from '../storage/galleries.ts';
import { type LogBindings, listLogShards } from '../storage/log-shards.ts';
import { readMerges } from '../storage/merges.ts';
import { readPlayers } from '../storage/player-log.ts';
import { readStoredPointer } from '../storage/release-pointer.ts';
import { listActiveUsers, mergeSightings, type Sighting } from '../storage/users.ts';

const DAY_MS = 86_400_000;
/** Players seen within these days are active. */
const ACTIVE_DAYS = 7;
/** After this, a gallery is made again even if the player did nothing: statistics and release have changed. */
const FRESH_MS = DAY_MS;
/** By then the log has an event, unless something fails. */
const LOGGED_MS = 15 * 60_000;
/** Galleries of inactive players are deleted after this. */
const KEPT_DAYS = 14;
const PLAYERS_PER_MESSAGE = 50;
const INCOMPLETE_DELAY_SECONDS = 5;
const FAILURE_DELAY_SECONDS = 30;
/** Limits of a queue's sendBatch: 100 messages, 256 KB. */
const MESSAGES_PER_CALL = 100;
const BYTES_PER_CALL = 200_000;
const PLAYERS_PER_PAGE = 100 * PLAYERS_PER_MESSAGE;

const PlayersToCompute = z.object({ userIds: z.array(z.string()) });
export type PlayersToCompute = z.infer<typeof PlayersToCompute>;

/**
 * Queues the active players who have done something since their gallery was made, or whose gallery is a day old.
 * Returns their number; 0 before the first release.
 */
export async function queueActivePlayers(
  env: Pick<Env, 'DB' | 'BUCKET' | 'GALLERIES'> & LogBindings,
  now: number,
): Promise<number> {
  const { DB, BUCKET, GALLERIES } = env;
  await deleteOldGalleries(DB, now - KEPT_DAYS * DAY_MS);
  // A damaged pointer stops nothing: isolates keep their release.
  if ((await readStoredPointer(BUCKET)).etag === undefined) return 0;
  const databases = [DB, ...listLogShards(env)];
  let queued = 0;
  let last = '';
  for (;;) {
    const page = await listActiveUsers(databases, now - ACTIVE_DAYS * DAY_MS, last, PLAYERS_PER_PAGE);
    const userIds = await selectDue(DB, page, now);
    for (const messages of packMessages(userIds)) await GALLERIES.sendBatch(messages);
    queued += userIds.length;
    if (page.length < PLAYERS_PER_PAGE) return queued;
    last = page.at(-1)!.userId;
  }
}

async function selectDue(db: D1Database, page: readonly Sighting[], now: number): Promise<string[]> {
  // Merged guests are active as their players.
  const merged = await readMerges(
    db,
    page.map(({ userId }) => userId),
  );
  const players = mergeSightings(page.map((seen) => ({ ...seen, userId: merged.get(seen.userId) ?? seen.userId })));
  const computedAt = await readComputedAt(
    db,
    players.map(({ userId }) => userId),
  );
  return players
    .filter(({ userId, lastEventAt }) => {
      const madeAt = computedAt.get(userId) ?? Number.NEGATIVE_INFINITY;
      return madeAt <= Math.max(now - FRESH_MS, lastEventAt + LOGGED_MS);
    })
    .map(({ userId }) => userId);
}

/** Yields the messages of one sendBatch each. */
function* packMessages(userIds: readonly string[]): Generator<{ body: PlayersToCompute }[]> {
  let messages: { body: PlayersToCompute }[] = [];
  let bytes = 0;
  for (let from = 0; from < userIds.length; from += PLAYERS_PER_MESSAGE) {
    const body = { userIds: userIds.slice(from, from + PLAYERS_PER_MESSAGE) };
    const length = Buffer.byteLength(JSON.stringify(body));
    if (messages.length === MESSAGES_PER_CALL || bytes + length > BYTES_PER_CALL) {
      yield messages;
      [messages, bytes] = [[], 0];
    }
    messages.push({ body });
    bytes += length;
  }
  if (messages.length > 0) yield messages;
}

/** Consumes the queue `galleries`. Idempotent. */
export async function consumeGalleries(
  batch: MessageBatch<unknown>,
  env: Env,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<void> {
  for (const message of batch.messages) {
    try {
      const { userIds } = PlayersToCompute.parse(message.body);
      const made = await computeGalleries(env, userIds, Date.now(), waitUntil);
      // An isolate that is still loading its release makes only some.
      if (made === userIds.length) message.ack();
      else message.retry({ delaySeconds: INCOMPLETE_DELAY_SECONDS * message.attempts });
    } catch (error) {
      logError('galleries not computed', { error: (error as Error).message });
      message.retry({ delaySeconds: FAILURE_DELAY_SECONDS * message.attempts });
    }
  }
}

/** Returns the number of galleries made. A player whose gallery would be incomplete keeps the previous one. */
async function computeGalleries(
  env: Env,
  userIds: readonly string[],
  now: number,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<number> {
  const log = await readPlayers(env.DB, listLogShards(env), userIds);
  const made: { userId: string; gallery: BatchGallery }[] = [];
  for await (const { player, gallery } of makeGalleries(derivePlayers(userIds, log, now), { env, waitUntil }))
    if (gallery !== undefined) made.push({ userId: player.userId, gallery: addState(gallery, player.user) });
  await writeBatchGalleries(env.DB, made, now);
  return made.length;
}

function* derivePlayers(
  userIds: readonly string[],
  { events, preferences }: Awaited<ReturnType<typeof readPlayers>>,
  now: number,
): Generator<Player> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  for (const userId of userIds) {
    const own = byUser.get(userId) ?? [];
    const user = deriveState(own.map(toSignalEvent), preferences.get(userId), now);
    yield { userId, user, context: { ...EMPTY_CONTEXT, ...lastLocation(own) } };
  }
}

const deriveState = (
  events: Parameters<typeof foldEvents>[1],
  preferences: Preferences | undefined,
  now: number,
): UserState => deriveUserState(foldEvents(emptySignals(), events).signals, preferences ?? EMPTY_PREFERENCES, now);

const addState = (
  gallery: StoredGallery,
  { owned, played, dismissed, preferences: { ageLimit } }: UserState,
): BatchGallery => ({ ...gallery, ownedOrPlayed: [...new Set([...owned, ...played])], dismissed, ageLimit });

/** Country and platform of the newest event. */
function lastLocation(events: readonly { timestamp: number; country: string | null; platform: string | null }[] = []) {
  const last = events.reduce<(typeof events)[number] | undefined>(
    (newest, event) => (newest === undefined || event.timestamp > newest.timestamp ? event : newest),
    undefined,
  );
  return { country: last?.country ?? null, platform: last?.platform ?? null };
}
