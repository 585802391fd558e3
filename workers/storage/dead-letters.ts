// What could not be written to the log, kept whole so that it can be looked at and sent again.

export interface DeadLetter {
  id: string;
  body: string;
  reason: string;
  receivedAt: number;
}

/** Stores letters, each once by its id. */
export async function storeDeadLetters(db: D1Database, letters: readonly DeadLetter[]): Promise<void> {
  await db.batch(
    letters.map(({ id, body, reason, receivedAt }) =>
      db
        .prepare(
          'insert into dead_letters (id, body, reason, received_at) values (?1, ?2, ?3, ?4) on conflict do nothing',
        )
        .bind(id, body, reason, receivedAt),
    ),
  );
}

/** Of a notification that a receiver never took: what it told of is long known otherwise. */
export const UNDELIVERED = 'not delivered in all attempts';

/** Deletes undelivered notifications from before `before`; returns how many. */
export async function deleteUndelivered(db: D1Database, before: number): Promise<number> {
  const { meta } = await db
    .prepare('delete from dead_letters where reason = ?1 and received_at < ?2')
    .bind(UNDELIVERED, before)
    .run();
  return meta.changes;
}

export async function countDeadLetters(db: D1Database): Promise<number> {
  return (await db.prepare('select count(*) as n from dead_letters').first<number>('n')) ?? 0;
}
