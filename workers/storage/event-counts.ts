// Hourly counts of events in D1, by the hour of their reception: those that were accepted, as the isolates count them,
// and those that were logged, as their insertion counts them. Nobody counts the log itself.

export const HOUR_MS = 3_600_000;

export interface EventCount {
  /** Hours since the epoch. */
  hour: number;
  accepted: number;
  logged: number;
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
export async function addAcceptedCounts(db: D1Database, counts: ReadonlyMap<number, number>): Promise<void> {
  await db
    .prepare(
      `insert into event_counts (hour, kind, count)
       select value->>0, 'accepted', value->>1 from json_each(?1) where true
       on conflict do update set count = count + excluded.count`,
    )
    .bind(JSON.stringify([...counts]))
    .run();
}

/** The counts of the hours since a time (epoch milliseconds), oldest first; hours without events are left out. */
export async function readEventCounts(db: D1Database, since: number): Promise<EventCount[]> {
  const { results } = await db
    .prepare(
      `select hour, sum(iif(kind = 'accepted', count, 0)) as accepted, sum(iif(kind = 'logged', count, 0)) as logged
       from event_counts where hour >= ?1 group by hour order by hour`,
    )
    .bind(hourOf(since))
    .all<EventCount>();
  return results;
}
