// Hourly counts of answers in D1. Isolates add to them; operators read the sums.

export interface AnswerCount {
  route: string;
  tier: string;
  /** Empty if no release was in use. */
  release: string;
  count: number;
  /** Answers in which at least one step fell back. */
  degraded: number;
}

const HOUR_MS = 3_600_000;

/** Adds counts to the hour of `now` (epoch milliseconds) and deletes hours older than `keepMs`. */
export async function addAnswerCounts(
  db: D1Database,
  counts: readonly AnswerCount[],
  now: number,
  keepMs: number,
): Promise<void> {
  const hour = Math.floor(now / HOUR_MS);
  const rows = counts.map(({ route, tier, release, count, degraded }) => [route, tier, release, count, degraded]);
  await db.batch([
    db
      .prepare(
        `insert into answer_counts (hour, route, tier, release, count, degraded)
         select ?1, value->>0, value->>1, value->>2, value->>3, value->>4 from json_each(?2) where true
         on conflict do update set count = count + excluded.count, degraded = degraded + excluded.degraded`,
      )
      .bind(hour, JSON.stringify(rows)),
    db.prepare('delete from answer_counts where hour < ?1').bind(Math.floor((now - keepMs) / HOUR_MS)),
  ]);
}

/** Sums over the hours since a time, the most frequent first. */
export async function readAnswerCounts(db: D1Database, since: number): Promise<AnswerCount[]> {
  const { results } = await db
    .prepare(
      `select route, tier, "release", sum(count) as count, sum(degraded) as degraded from answer_counts
       where hour >= ?1 group by 1, 2, 3 order by count desc, route, tier`,
    )
    .bind(Math.floor(since / HOUR_MS))
    .all<AnswerCount>();
  return results;
}
