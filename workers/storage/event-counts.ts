// Hourly counts of events, by the hour of their reception: those that were accepted, as the isolates count them, and,
// in each database of the log, those that were logged, counted by their insertion. The log itself is never counted.

import { HOUR_MS, hourOf } from './hour.ts';
import { type LogShards, workOnShards } from './log-shards.ts';
import { readTimedSums } from './metric-counts.ts';
import { readUnmoved } from './move-counts.ts';

export interface EventCount {
  /** Hours since the epoch. */
  hour: number;
  accepted: number;
  logged: number;
}

/** Numbers of events in one database of the log. */
export interface ShardCount {
  shard: number;
  /** Since a time. */
  logged: number;
  /** Counted events whose players' counts may still have to move to another database. */
  unmoved: number;
  /** Size of the whole database. */
  bytes: number;
}

/** Counts, in the same batch and right after an insertion, the rows that it inserted. */
export const countLogged = (db: D1Database, hour: number): D1PreparedStatement =>
  db
    .prepare(
      `insert into event_counts (hour, count) select ?1, changes() where changes() > 0
       on conflict do update set count = count + excluded.count`,
    )
    .bind(hour);

/**
 * The counts of the hours since a time (epoch milliseconds), oldest first, without hours without events; and those of
 * each shard.
 */
export async function readEventCounts(
  db: D1Database,
  shards: LogShards,
  since: number,
): Promise<{ hours: EventCount[]; shards: ShardCount[] }> {
  const [accepted, logged] = await Promise.all([
    readTimedSums(db, { metrics: ['events-accepted'], from: since, to: Date.now() + HOUR_MS }, 1),
    workOnShards(shards, async (shard) => {
      const [counts, unmoved] = await Promise.all([readCounts(shard, since), readUnmoved(shard)]);
      return { ...counts, unmoved };
    }),
  ]);
  const hours = new Map<number, EventCount>();
  const add = (kind: 'accepted' | 'logged', counts: readonly HourCount[]) => {
    for (const { hour, count } of counts) {
      const sum = hours.get(hour) ?? { hour, accepted: 0, logged: 0 };
      sum[kind] += count;
      hours.set(hour, sum);
    }
  };
  add(
    'accepted',
    accepted.map(({ hour, value }) => ({ hour, count: value })),
  );
  for (const { counts } of logged) add('logged', counts);
  return {
    hours: [...hours.values()].sort((a, b) => a.hour - b.hour),
    shards: logged.map(({ counts, unmoved, bytes }, shard) => ({
      shard,
      logged: counts.reduce((sum, { count }) => sum + count, 0),
      unmoved,
      bytes,
    })),
  };
}

type HourCount = { hour: number; count: number };

async function readCounts(db: D1Database, since: number): Promise<{ counts: HourCount[]; bytes: number }> {
  const { results, meta } = await db
    .prepare('select hour, count from event_counts where hour >= ?1')
    .bind(hourOf(since))
    .all<HourCount>();
  return { counts: results, bytes: meta.size_after };
}
