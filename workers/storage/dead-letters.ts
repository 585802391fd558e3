// Messages that could not be processed, stored whole so that an operator can inspect and replay them.

export interface DeadLetter {
  id: string;
  body: string;
  reason: string;
  receivedAt: number;
}

/** Stores dead letters; an id that is already stored is skipped. */
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

/** Reason of notifications that no receiver accepted. They are stale after a while, unlike lost events. */
export const UNDELIVERED = 'not delivered in all attempts';

/** Deletes undelivered notifications received before `before`; returns their number. */
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
