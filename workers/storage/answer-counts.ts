// Counts in D1 of what the queue `slates` brings: what the isolates have counted, answers in experiments, and slates by
// day; and what metrics must know of an answer later (`shown_answers`). A message is counted once, however often the
// queue delivers it.

import type { RecordedAnswer, Slate, SlateMessage } from '../../models/contracts/slate.ts';
import { type ReceivedEffects, storeEffects } from './exposures.ts';
import { HOUR_MS, hourOf } from './hour.ts';
import { addMetricRows, toMetricRow } from './metric-counts.ts';
import { deleteReplayed } from './replays.ts';
import { insertShownAnswers, nameVariant } from './shown-answers.ts';

const DAY_MS = 24 * HOUR_MS;
/** A message that fails is retried for some 15 minutes. */
const REMEMBER_MS = HOUR_MS;
/**
 * Any message is compared with those counted within this time; it is also more than clocks differ. Only a message that
 * is delivered again is compared with older ones: comparing all that waited would slow a queue that has fallen behind.
 */
const RECENT_MS = 10_000;

/** A message of the queue, as it is counted. */
export interface CountedMessage extends Pick<SlateMessage, 'counts'>, ReceivedEffects {
  /** Number of deliveries, this one included. */
  attempts: number;
  /** True if the id is that of a dead letter, which is deleted when it is counted. */
  isReplay: boolean;
  answers: readonly CountedAnswer[];
}

export interface CountedAnswer extends Omit<RecordedAnswer, 'slate'> {
  /** With its size as JSON, and whether it is logged; undefined for an answer without a slate. */
  slate: (Omit<Slate, 'userId'> & { bytes: number; isLogged: boolean }) | undefined;
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
  const counts = messages.flatMap((message) => listCounts(message).map((count) => [...toMetricRow(count), message.id]));
  const day = Math.floor(now / DAY_MS);
  const answers = messages.flatMap((message) => message.answers.map((answer) => ({ ...answer, id: message.id })));
  const slates = answers.flatMap(({ id, slate }) =>
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
    ...(counts.length > 0 ? [addMetricRows(db, counts, `value->>5 in ${NEW_IDS}`)] : []),
    insertShownAnswers(
      db,
      // As many as the day's budget for slates lets into the log: anybody may ask for galleries of unknown players.
      answers.flatMap(({ slate, answer = slate?.isLogged ? slate : undefined, ...given }) =>
        answer === undefined ? [] : { ...given, answer },
      ),
    ),
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

/** The isolate's counts, and the message's answers in each experiment. */
function listCounts({ counts, answers }: CountedMessage): SlateMessage['counts'] {
  const exposures = answers.flatMap(({ exposures = [] }) => exposures);
  const exposed = exposures.map(({ at, ...exposure }) => ({
    ...{ hour: hourOf(at), metric: 'answers' as const, labels: { variant: nameVariant(exposure) }, amount: 1 },
  }));
  return [...counts, ...exposed];
}
