// The operators' side of dead letters: pages of them, one with its body, deletion, and the marking of those that are
// queued again. The queues are the caller's.

import type { DeadLetterDetail, DeadLetterQueue, DeadLetterSummary } from '../../models/contracts/dead-letter.ts';
import { parseBody } from './dead-letters.ts';

/** A letter that is queued again may be chosen by a filter again after this time: the queue has lost it. */
const REPLAY_LOST_MS = 3_600_000;

/** All conditions must be met. Times in epoch milliseconds. */
export interface DeadLetterFilter {
  queue?: DeadLetterQueue | undefined;
  reason?: string | undefined;
  /** Letters received at this time or later. */
  from?: number | undefined;
  /** Letters received before this time. */
  until?: number | undefined;
}

/** A place in the list. */
export interface LetterPosition {
  receivedAt: number;
  id: string;
}

/** Oldest times of letters that may still be processed, epoch milliseconds. */
export type OldestByQueue = Readonly<Record<DeadLetterQueue, number>>;

interface Row {
  letterId: string;
  queue: DeadLetterQueue;
  reason: string;
  receivedAt: number;
  replayedAt: number | null;
  bytes: number;
}
const COLUMNS = `id as letterId, queue, reason, received_at as receivedAt, replayed_at as replayedAt,
  octet_length(body) as bytes`;
/** SQL with the parameters of `bindFilter`. */
const MATCHES = `(?1 is null or queue = ?1) and (?2 is null or reason = ?2)
  and received_at >= coalesce(?3, 0) and received_at < coalesce(?4, 9e15)`;

const bindFilter = ({ queue, reason, from, until }: DeadLetterFilter) => [
  queue ?? null,
  reason ?? null,
  from ?? null,
  until ?? null,
];

/** Newest first, those before a position if one is given. */
export async function listDeadLetters(
  db: D1Database,
  filter: DeadLetterFilter,
  before: LetterPosition | undefined,
  limit: number,
): Promise<DeadLetterSummary[]> {
  const { receivedAt, id } = before ?? { receivedAt: Number.MAX_SAFE_INTEGER, id: '' };
  const { results } = await db
    .prepare(
      `select ${COLUMNS} from dead_letters where ${MATCHES} and (received_at, id) < (?5, ?6)
       order by received_at desc, id desc limit ?7`,
    )
    .bind(...bindFilter(filter), receivedAt, id, limit)
    .all<Row>();
  return results.map(toSummary);
}

export async function findDeadLetter(db: D1Database, letterId: string): Promise<DeadLetterDetail | undefined> {
  const row = await db
    .prepare(`select ${COLUMNS}, body from dead_letters where id = ?1`)
    .bind(letterId)
    .first<Row & { body: string }>();
  return row === null ? undefined : { ...toSummary(row), body: parseBody(row.body) ?? null };
}

const toSummary = ({ letterId, queue, reason, receivedAt, replayedAt, bytes }: Row): DeadLetterSummary => ({
  letterId,
  queue,
  reason,
  receivedAt: new Date(receivedAt).toISOString(),
  replayedAt: replayedAt === null ? null : new Date(replayedAt).toISOString(),
  bytes,
});

/** False if there is no such letter. */
export async function deleteDeadLetter(db: D1Database, letterId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from dead_letters where id = ?1').bind(letterId).run();
  return meta.changes > 0;
}

/** Deletes the oldest that match, `max` at most. Returns their number, and the number of those left. */
export async function deleteDeadLetters(
  db: D1Database,
  filter: DeadLetterFilter,
  max: number,
): Promise<{ letters: number; remaining: number }> {
  const [deleted, left] = await db.batch<{ n: number }>([
    db
      .prepare(
        `delete from dead_letters where id in (
           select id from dead_letters where ${MATCHES} order by received_at, id limit ?5)`,
      )
      .bind(...bindFilter(filter), max),
    db.prepare(`select count(*) as n from dead_letters where ${MATCHES}`).bind(...bindFilter(filter)),
  ]);
  return { letters: deleted!.meta.changes, remaining: left!.results[0]!.n };
}

export interface MarkedLetter {
  letterId: string;
  queue: DeadLetterQueue;
}

/**
 * Marks the oldest letters that match as queued again, `max` at most: without those that are already, and those too old
 * for their queue. Returns them, and the number of those left.
 */
export async function markReplayed(
  db: D1Database,
  filter: DeadLetterFilter,
  oldest: OldestByQueue,
  max: number,
  now: number,
): Promise<{ marked: MarkedLetter[]; remaining: number }> {
  const due = `${MATCHES} and coalesce(replayed_at, 0) < ?5 - ${REPLAY_LOST_MS}
    and received_at >= (select value from json_each(?6) where key = queue)`;
  const parameters = [...bindFilter(filter), now, JSON.stringify(oldest)];
  const [marked, left] = await db.batch<MarkedLetter & { n: number }>([
    db
      .prepare(
        `update dead_letters set replayed_at = ?5 where id in (
           select id from dead_letters where ${due} order by received_at, id limit ?7)
         returning id as letterId, queue`,
      )
      .bind(...parameters, max),
    db.prepare(`select count(*) as n from dead_letters where ${due}`).bind(...parameters),
  ]);
  return { marked: marked!.results, remaining: left!.results[0]!.n };
}

/** Marks one letter as queued again; false if there is no such letter. */
export async function markOneReplayed(db: D1Database, letterId: string, now: number): Promise<boolean> {
  const { meta } = await db.prepare('update dead_letters set replayed_at = ?2 where id = ?1').bind(letterId, now).run();
  return meta.changes > 0;
}

/** For letters that could not be queued after all. */
export async function unmarkReplayed(db: D1Database, letterIds: readonly string[]): Promise<void> {
  await db
    .prepare('update dead_letters set replayed_at = null where id in (select value from json_each(?1))')
    .bind(JSON.stringify(letterIds))
    .run();
}
