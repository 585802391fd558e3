// Messages that could not be processed, stored whole. How operators list them: dead-letter-list.ts; how they are
// processed again: replays.ts.

import type { DeadLetterQueue } from '../../models/contracts/dead-letter.ts';
import { readErasedAt } from './erased-users.ts';
import { listUsersIn, splitMessage } from './split-message.ts';

export interface DeadLetter {
  id: string;
  /** The queue of its message. */
  queue: DeadLetterQueue;
  body: string;
  reason: string;
  receivedAt: number;
}

/**
 * Stores dead letters, without what belongs to players who were erased since; an id that is already stored is skipped.
 * Returns the number of letters that are not dropped.
 */
export async function storeDeadLetters(db: D1Database, letters: readonly DeadLetter[]): Promise<number> {
  const users = letters.flatMap(({ body }) => listUsersIn(parseBody(body)));
  const erasedAt = users.length > 0 ? await readErasedAt(db, users) : new Map<string, number>();
  const kept = letters.flatMap((letter) => {
    const { own, rest } = splitLetter(letter, erasedAt);
    if (own.length === 0) return letter;
    return rest === undefined ? [] : { ...letter, body: rest };
  });
  if (kept.length === 0) return 0;
  await db.batch(
    kept.map(({ id, queue, body, reason, receivedAt }) =>
      db
        .prepare(
          `insert into dead_letters (id, queue, body, reason, received_at) values (?1, ?2, ?3, ?4, ?5)
           on conflict do nothing`,
        )
        .bind(id, queue, body, reason, receivedAt),
    ),
  );
  return kept.length;
}

/**
 * Splits a letter into what belongs to users and the body without it; undefined if nothing is left. `users`: the time
 * of each one's erasure.
 */
export function splitLetter(
  { body, receivedAt }: Pick<DeadLetter, 'body' | 'receivedAt'>,
  users: ReadonlyMap<string, number>,
): { own: readonly unknown[]; rest: string | undefined } {
  const { own, rest } = splitMessage(parseBody(body), users, receivedAt);
  return { own, rest: rest === undefined ? undefined : JSON.stringify(rest) };
}

/** A message without a body is stored as `undefined`. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Reason of notifications that no receiver accepted. They are stale after a while, unlike lost events. */
export const UNDELIVERED = 'not delivered in all attempts';

/** Reads an index alone. `max`: rows to count at most. */
export async function countDeadLetters(db: D1Database, max = Number.MAX_SAFE_INTEGER): Promise<number> {
  const counted = db.prepare('select count(*) as n from (select 1 from dead_letters limit ?1)').bind(max);
  return (await counted.first<number>('n')) ?? 0;
}

/** One page, ordered by id after `afterId`, of the letters whose body contains one of the texts. */
export async function listDeadLettersWith(
  db: D1Database,
  texts: readonly string[],
  afterId: string,
  limit: number,
): Promise<DeadLetter[]> {
  const { results } = await db
    .prepare(
      `select id, queue, body, reason, received_at as receivedAt from dead_letters
       where id > ?2 and exists (select 1 from json_each(?1) where instr(body, value) > 0) order by id limit ?3`,
    )
    .bind(JSON.stringify(texts), afterId, limit)
    .all<DeadLetter>();
  return results;
}

/** Replaces a letter's body; deletes the letter if `body` is undefined. */
export async function rewriteDeadLetter(db: D1Database, id: string, body: string | undefined): Promise<void> {
  const statement =
    body === undefined
      ? db.prepare('delete from dead_letters where id = ?1').bind(id)
      : db.prepare('update dead_letters set body = ?2 where id = ?1').bind(id, body);
  await statement.run();
}
