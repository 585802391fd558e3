// Counts in D1 of what the queue `slates` brings: answers and accepted events by hour, and slates by day. A message is
// counted once, however often the queue delivers it.

import type { AnswerCount, SlateMessage } from '../../models/contracts/slate.ts';
import { type ReceivedEffects, storeEffects } from './exposures.ts';
import { deleteReplayed } from './replays.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A message that fails is retried for some 15 minutes. */
const REMEMBER_MS = HOUR_MS;
/**
 * Any message is compared with those counted within this time; it is also more than clocks differ. Only a message that
 * is delivered again is compared with older ones: comparing all that waited would slow a queue that has fallen behind.
 */
const RECENT_MS = 10_000;

/** A message of the queue, as it is counted. */
export interface CountedMessage extends Pick<SlateMessage, 'answers' | 'accepted'>, ReceivedEffects {
  /** Number of deliveries, this one included. */
  attempts: number;
  /** True if the id is that of a dead letter, which is deleted when it is counted. */
  isReplay: boolean;
  /** Size as JSON, and whether it is logged; undefined for a message without a slate. */
  slate: { bytes: number; isLogged: boolean } | undefined;
}

/** SQL: the ids of this batch that no earlier batch had. */
const NEW_IDS = `(select value from json_each((select ids from counted_batches order by counted_at desc limit 1)))`;

/** Adds the messages to the counts, without those that were counted before. `now`: epoch milliseconds. */
export async function countMessages(db: D1Database, messages: readonly CountedMessage[], now: number): Promise<void> {
  const ids = messages.map(({ id }) => id);
  const replays = messages.flatMap(({ id, isReplay }) => (isReplay ? [id] : []));
  // A message cannot have been counted before it was sent.
  const repeated = messages.filter(({ attempts }) => attempts > 1);
  const since = Math.min(now, ...repeated.map(({ sentAt }) => sentAt)) - RECENT_MS;
  const answers = messages.flatMap(({ id, sentAt, answers: counts }) =>
    counts.map(({ route, tier, release, count, degraded }) => [
      ...[id, Math.floor(sentAt / HOUR_MS), route, tier, release ?? '', count, degraded],
    ]),
  );
  const accepted = messages.flatMap(({ id, accepted: counts }) => counts.map(({ hour, events }) => [id, hour, events]));
  const day = Math.floor(now / DAY_MS);
  const slates = messages.flatMap(({ id, slate }) =>
    slate === undefined ? [] : [[id, day, slate.bytes, Number(slate.isLogged)]],
  );
  await db.batch([
    // The key is the time, made unique.
    db
      .prepare(
        `insert into counted_batches (counted_at, ids)
         select max(?1, 1 + coalesce((select max(counted_at) from counted_batches), 0)), json_group_array(value)
         from (select distinct value from json_each(?2)) where value not in (
           select counted.value from counted_batches, json_each(counted_batches.ids) as counted
           where counted_at >= ?3)`,
      )
      .bind(now, JSON.stringify(ids), since),
    db
      .prepare(
        `insert into answer_counts (hour, route, tier, release, count, degraded)
         select value->>1, value->>2, value->>3, value->>4, sum(value->>5), sum(value->>6)
         from json_each(?1) where value->>0 in ${NEW_IDS} group by 1, 2, 3, 4
         on conflict do update set count = count + excluded.count, degraded = degraded + excluded.degraded`,
      )
      .bind(JSON.stringify(answers)),
    db
      .prepare(
        `insert into event_counts (hour, kind, count)
         select value->>1, 'accepted', sum(value->>2) from json_each(?1) where value->>0 in ${NEW_IDS} group by 1
         on conflict do update set count = count + excluded.count`,
      )
      .bind(JSON.stringify(accepted)),
    db
      .prepare(
        `insert into slate_counts (day, seen, seen_bytes, logged, logged_bytes)
         select value->>1, count(*), sum(value->>2), sum(value->>3), sum((value->>2) * (value->>3))
         from json_each(?1) where value->>0 in ${NEW_IDS} group by 1
         on conflict do update set seen = seen + excluded.seen, seen_bytes = seen_bytes + excluded.seen_bytes,
           logged = logged + excluded.logged, logged_bytes = logged_bytes + excluded.logged_bytes`,
      )
      .bind(JSON.stringify(slates)),
    ...storeEffects(db, messages, NEW_IDS),
    db.prepare('delete from counted_batches where counted_at < ?1').bind(now - REMEMBER_MS),
    ...(replays.length > 0 ? [deleteReplayed(db, replays)] : []),
  ]);
}

/** Sums over the hours since a time, the most frequent first. */
export async function readAnswerCounts(db: D1Database, since: number): Promise<AnswerCount[]> {
  const { results } = await db
    .prepare(
      `select route, tier, nullif("release", '') as "release", sum(count) as count, sum(degraded) as degraded
       from answer_counts where hour >= ?1 group by 1, 2, 3 order by count desc, route, tier`,
    )
    .bind(Math.floor(since / HOUR_MS))
    .all<AnswerCount>();
  return results;
}
