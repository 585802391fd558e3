// The totals of the players of experiments, and their tallies. One job writes them, page by page: the totals, the
// tallies, the exposures that are done and the cursors change in one transaction, so that a run may die at any point.

import { EMPTY_TALLY, type Tally } from '../../models/experiments/tally.ts';
import type { UserTotals } from '../../models/experiments/user-totals.ts';

const DAY_MS = 86_400_000;

/** A player of one experiment. */
export interface ExperimentUser {
  experimentId: string;
  userId: string;
  totals: UserTotals;
}

interface Row {
  experimentId: string;
  userId: string;
  totals: string;
}

/** The totals of users in all their experiments. */
export async function readExperimentUsers(db: D1Database, userIds: readonly string[]): Promise<ExperimentUser[]> {
  const { results } = await db
    .prepare(
      `select experiment_id as experimentId, user_id as userId, totals from experiment_users
       where user_id in (select value from json_each(?1))`,
    )
    .bind(JSON.stringify(userIds))
    .all<Row>();
  return results.map(({ totals, ...key }) => ({ ...key, totals: JSON.parse(totals) }));
}

/** The number of the next page; pages are numbered without gaps. */
export const readPageNumber = async (db: D1Database): Promise<number> =>
  (await db.prepare('select page from experiment_pages').first<number>('page')) ?? 0;

/** The last row of the shard whose event is counted; undefined before the first page. */
export async function readCursor(db: D1Database, shard: number): Promise<number | undefined> {
  const row = await db
    .prepare('select "row" from experiment_cursors where shard = ?1')
    .bind(shard)
    .first<number>('row');
  return row ?? undefined;
}

/** The tally of an experiment as of its last day. */
export async function readTally(db: D1Database, experimentId: string): Promise<Tally> {
  const tally = await db
    .prepare('select tally from experiment_days where experiment_id = ?1 order by day desc limit 1')
    .bind(experimentId)
    .first<string>('tally');
  return tally === null ? EMPTY_TALLY : JSON.parse(tally);
}

export interface Page {
  /** As read before the page was computed. */
  number: number;
  users: readonly ExperimentUser[];
  tallies: ReadonlyMap<string, Tally>;
  /** Exposures up to this row are done. */
  exposuresUntil: number;
  /** New cursors by shard. */
  cursors: ReadonlyMap<number, number>;
}

/** False, and nothing is written, if another run has written the page. `now`: epoch milliseconds. */
export async function writePage(db: D1Database, page: Page, now: number): Promise<boolean> {
  const isNext = `?2 = coalesce((select page from experiment_pages), 0)`;
  const users = page.users.map(({ experimentId, userId, totals }) => [experimentId, userId, JSON.stringify(totals)]);
  const day = Math.floor(now / DAY_MS);
  const tallies = [...page.tallies].map(([experimentId, tally]) => [experimentId, day, JSON.stringify(tally)]);
  const insert = (rows: readonly unknown[][], sql: string) =>
    rows.length === 0 ? [] : [db.prepare(sql).bind(JSON.stringify(rows), page.number)];
  const results = await db.batch([
    ...insert(
      users,
      `insert into experiment_users (experiment_id, user_id, totals)
       select value->>0, value->>1, value->>2 from json_each(?1) where ${isNext}
       on conflict do update set totals = excluded.totals`,
    ),
    ...insert(
      tallies,
      `insert into experiment_days (experiment_id, day, tally)
       select value->>0, value->>1, value->>2 from json_each(?1) where ${isNext}
       on conflict do update set tally = excluded.tally`,
    ),
    ...insert(
      [...page.cursors].map(([shard, row]) => [shard, row]),
      `insert into experiment_cursors (shard, "row")
       select value->>0, value->>1 from json_each(?1) where ${isNext}
       on conflict do update set "row" = excluded."row"`,
    ),
    db.prepare(`delete from exposures where "row" <= ?1 and ${isNext}`).bind(page.exposuresUntil, page.number),
    db
      .prepare(
        `insert into experiment_pages (id, page) select ?1, ?2 + 1 where ${isNext}
         on conflict do update set page = excluded.page`,
      )
      .bind(1, page.number),
  ]);
  return results.at(-1)!.meta.changes > 0;
}

/** Forgets how far events were counted: without running experiments, nothing needs it. */
export async function deleteCursors(db: D1Database): Promise<void> {
  await db.prepare('delete from experiment_cursors').run();
}
