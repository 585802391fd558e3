// Dead letters that are processed again. The queue carries only a letter's id: the consumer reads the letter when it
// gets the message, so one that was deleted meanwhile, or whose player was erased, stays out. A letter is deleted once
// its message is processed, so a second replay does not find it.

import { Replay } from '../../models/contracts/dead-letter.ts';
import { type DeadLetter, parseBody } from './dead-letters.ts';

/** A message, or the letter that it stands for. */
export interface OpenedMessage {
  message: Message<unknown>;
  body: unknown;
  /** Set if the message replays a letter. */
  letter?: Pick<DeadLetter, 'id' | 'body' | 'receivedAt'>;
}

/** The letter that a message replays; undefined for any other message. */
export const replayedId = (body: unknown): string | undefined => Replay.safeParse(body).data?.deadLetterId;

/**
 * Replaces each replay by its letter; acknowledges those without one, and all but one of those with the same. Reads D1
 * for replays only; throws if it fails.
 */
export async function openReplays(db: D1Database, messages: readonly Message<unknown>[]): Promise<OpenedMessage[]> {
  const ids = messages.flatMap(({ body }) => replayedId(body) ?? []);
  const letters = ids.length === 0 ? new Map<string, never>() : await readLetters(db, ids);
  return messages.flatMap((message): OpenedMessage[] => {
    const id = replayedId(message.body);
    if (id === undefined) return [{ message, body: message.body }];
    const letter = letters.get(id);
    if (letters.delete(id)) return [{ message, body: parseBody(letter!.body), letter: letter! }];
    message.ack();
    return [];
  });
}

async function readLetters(
  db: D1Database,
  ids: readonly string[],
): Promise<Map<string, NonNullable<OpenedMessage['letter']>>> {
  const { results } = await db
    .prepare(
      `select id, body, received_at as receivedAt from dead_letters
       where id in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify(ids))
    .all<NonNullable<OpenedMessage['letter']>>();
  return new Map(results.map((letter) => [letter.id, letter]));
}

/** Deletes letters that were processed. To be part of the transaction that counts them, where there is one. */
export const deleteReplayed = (db: D1Database, ids: readonly string[]): D1PreparedStatement =>
  db.prepare('delete from dead_letters where id in (select value from json_each(?1))').bind(JSON.stringify(ids));

/** A letter whose message failed again waits as before, with the new reason. */
export async function returnLetter(db: D1Database, id: string, reason: string): Promise<void> {
  await db.prepare('update dead_letters set replayed_at = null, reason = ?2 where id = ?1').bind(id, reason).run();
}

/**
 * Leaves in a letter what could not be processed, as `returnLetter` does. False if the letter has changed since it was
 * read: an erasure took something out.
 */
export async function shortenLetter(
  db: D1Database,
  { id, body }: Pick<DeadLetter, 'id' | 'body'>,
  rest: unknown,
  reason: string,
): Promise<boolean> {
  const { meta } = await db
    .prepare('update dead_letters set replayed_at = null, body = ?3, reason = ?4 where id = ?1 and body = ?2')
    .bind(id, body, JSON.stringify(rest), reason)
    .run();
  return meta.changes > 0;
}
