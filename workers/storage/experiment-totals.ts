// The totals of the players of experiments, and their tallies. One job writes them, page by page: the totals, the
// tallies, the exposures that are done and the cursors change in one transaction, so that a run may die at any point.

import { EMPTY_TALLY, type Tally } from '../../models/experiments/tally.ts';
import type { UserTotals } from '../../models/experiments/user-totals.ts';
import { hasErasureMark } from './erased-users.ts';
import { portionsOf } from './parameters.ts';

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
  const users: ExperimentUser[] = [];
  for (const { json } of portionsOf(userIds, (userId) => userId)) {
    const { results } = await db
      .prepare(
        `select experiment_id as experimentId, user_id as userId, totals from experiment_users
         where user_id in (select value from json_each(?1))`,
      )
      .bind(json)
      .all<Row>();
    for (const { totals, ...key } of results) users.push({ ...key, totals: JSON.parse(totals) });
  }
  return users;
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
  /** As read before the players of the page were. */
  erasureMark: number;
  users: readonly ExperimentUser[];
  tallies: ReadonlyMap<string, Tally>;
  /** Exposures up to this row are done. */
  exposuresUntil: number;
  /** New cursors by shard. */
  cursors: ReadonlyMap<number, number>;
}

/**
 * False, and nothing is written, if another run has written the page, or if players are to be written and one was
 * erased meanwhile. `now`: epoch milliseconds.
 */
export async function writePage(db: D1Database, page: Page, now: number): Promise<boolean> {
  // A page without players says nothing of those who were erased: the mark, which reads all erasures, is left out.
  const mark = page.users.length === 0 ? null : page.erasureMark;
  const isNext = `?2 = coalesce((select page from experiment_pages), 0) and (?3 is null or ${hasErasureMark('?3')})`;
  const users = page.users.map(({ experimentId, userId, totals }) => [experimentId, userId, JSON.stringify(totals)]);
  const day = Math.floor(now / DAY_MS);
  const tallies = [...page.tallies].map(([experimentId, tally]) => [experimentId, day, JSON.stringify(tally)]);
  const insert = (rows: readonly unknown[][], sql: string) =>
    Array.from(
      portionsOf(rows, (row) => row),
      ({ json }) => db.prepare(sql).bind(json, page.number, mark),
    );
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
    db.prepare(`delete from exposures where "row" <= ?1 and ${isNext}`).bind(page.exposuresUntil, page.number, mark),
    db
      .prepare(
        `insert into experiment_pages (id, page) select ?1, ?2 + 1 where ${isNext}
         on conflict do update set page = excluded.page`,
      )
      .bind(1, page.number, mark),
  ]);
  return results.at(-1)!.meta.changes > 0;
}

/** Forgets how far events were counted, unless an experiment runs: without one, nothing needs it. */
export async function deleteCursors(db: D1Database): Promise<void> {
  await db
    .prepare("delete from experiment_cursors where not exists (select 1 from experiments where state = 'running')")
    .run();
}
