// Hourly counts of events in D1, by the hour of their reception: those that were accepted, as the isolates count them,
// and, in each database of the log, those that were logged, counted by their insertion. The log itself is never
// counted.

import type { AcceptedCount } from '../../models/contracts/slate.ts';
import { type LogShards, workOnShards } from './log-shards.ts';
import { readUnmoved } from './move-counts.ts';

export const HOUR_MS = 3_600_000;

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

export const hourOf = (timestamp: number): number => Math.floor(timestamp / HOUR_MS);

/** Counts, in the same batch and right after an insertion, the rows that it inserted. */
export const countLogged = (db: D1Database, hour: number): D1PreparedStatement =>
  db
    .prepare(
      `insert into event_counts (hour, kind, count) select ?1, 'logged', changes() where changes() > 0
       on conflict do update set count = count + excluded.count`,
    )
    .bind(hour);

/** Adds the number of accepted events by hour. */
export async function addAcceptedCounts(db: D1Database, counts: readonly AcceptedCount[]): Promise<void> {
  await db
    .prepare(
      `insert into event_counts (hour, kind, count)
       select value->>0, 'accepted', value->>1 from json_each(?1) where true
       on conflict do update set count = count + excluded.count`,
    )
    .bind(JSON.stringify(counts.map(({ hour, events }) => [hour, events])))
    .run();
}

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
    readCounts(db, 'accepted', since),
    workOnShards(shards, async (shard) => {
      const [counts, unmoved] = await Promise.all([readCounts(shard, 'logged', since), readUnmoved(shard)]);
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
  add('accepted', accepted.counts);
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

async function readCounts(
  db: D1Database,
  kind: 'accepted' | 'logged',
  since: number,
): Promise<{ counts: HourCount[]; bytes: number }> {
  const { results, meta } = await db
    .prepare('select hour, count from event_counts where kind = ?1 and hour >= ?2')
    .bind(kind, hourOf(since))
    .all<HourCount>();
  return { counts: results, bytes: meta.size_after };
}
