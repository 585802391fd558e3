// Counts the players of new events of one of the log's databases, page by page: a page's counts and the cursor are
// written in one transaction, so that a run may die at any point and two may run at once. The cost depends only on the
// new events.

import { RETRACTIONS } from '../../models/contracts/event.ts';
import { EVIDENCE_PLAYERS_MIN, WINDOW_DAYS } from '../../models/features/popularity-and-trends.ts';
import { RATING_MIDDLE } from '../../models/features/weights.ts';
import {
  ACTS,
  APPLY_CHANGES,
  applyResets,
  changeGamesPerDay,
  contributeActs,
  contributeFacts,
  contributeUsers,
  DAY_MS,
  FACTS,
  KEPT,
  MERGE_DAYS,
  MERGE_FACTS,
  quoteTypes,
} from './player-counts.ts';

/** Events per transaction: some two seconds, where D1 allows 30. */
const PAGE_EVENTS = 50_000;
/** The next run of the job is due after ten minutes. */
const RUN_MS_MAX = 4 * 60_000;
/**
 * Games for which one player counts, per type of event and day, unless the setting says otherwise. Real players hardly
 * reach it: docs/experiments.md.
 */
export const GAMES_PER_DAY_DEFAULT = 200;
/**
 * Days, counted back from the newest, whose players are remembered: a late event changes its own day exactly. An act
 * that comes later still is not counted, since it may have been counted already; facts are remembered without end.
 */
export const OPEN_DAYS = 35;

export interface RollUp {
  /** Events read by this run. */
  events: number;
  /** False if there are more; the next run goes on. */
  isComplete: boolean;
}

const PAGE = 'events where sequence > ?1 and sequence <= ?2 and ?1 = (select sequence from roll_up)';
/** Without what a reset made forgotten. */
const REMEMBERED = `(
  select events.*, timestamp / ${DAY_MS} as day from events left join player_resets using (user_id)
  where sequence > ?1 and sequence <= ?2 and ?1 = (select sequence from roll_up) and item_id is not null
    and (reset_at is null or timestamp > reset_at or type in (${KEPT}))
)`;
const RETRACTED_TYPE = `case type ${Object.entries(RETRACTIONS)
  .map(([retraction, type]) => `when '${retraction}' then '${type}'`)
  .join(' ')} end`;
const RETRACTION_TYPES = quoteTypes(Object.keys(RETRACTIONS));

const NEW_ACTS = `${REMEMBERED}
  where type in (${ACTS}) and day >= (select max(open_from, counted_from) from roll_up)`;
const ACTED_DAYS = `select distinct day, user_id, type from ${NEW_ACTS}`;
const ACTED_PAIRS = `select distinct user_id, item_id from ${PAGE}
  and item_id is not null and type in (${FACTS}, ${RETRACTION_TYPES})`;
/** The days on which the facts are now, and those to which the page may move them. */
const NOTE_CHANGED_FACTS = `insert into changed_facts (user_id, type, day)
  select user_id, type, acted_at / ${DAY_MS} from (${ACTED_PAIRS}) cross join player_facts using (user_id, item_id)
  union select user_id, type, day from ${REMEMBERED} where type in (${FACTS})`;
const contributeChangedFacts = (sign: 1 | -1) =>
  contributeFacts(
    sign,
    'select distinct user_id from changed_facts',
    '(user_id, type, day) in (select user_id, type, day from changed_facts)',
  );
const RESET_USERS = `select distinct user_id from ${PAGE} and type = 'reset'`;

const COUNT_RESETS = [
  ...contributeUsers(-1, RESET_USERS),
  `insert into player_resets (user_id, reset_at)
   select user_id, max(timestamp) from ${PAGE} and type = 'reset' group by 1
   on conflict do update set reset_at = max(reset_at, excluded.reset_at)`,
  ...applyResets(RESET_USERS),
  ...contributeUsers(1, RESET_USERS),
];

const COUNT_EVENTS = [
  NOTE_CHANGED_FACTS,
  contributeActs(-1, ACTED_DAYS, 'day, user_id, type'),
  contributeChangedFacts(-1),
  // SQLite takes the bare columns from the row that holds the maximum.
  `insert into player_days (day, user_id, item_id, type, last_at, country, value)
   select day, user_id, item_id, type, max(timestamp), coalesce(country, ''),
     sum(iif(type = 'play', max(0, coalesce(value, 0)), 0))
   from ${NEW_ACTS} group by day, user_id, item_id, type ${MERGE_DAYS}`,
  `insert into player_facts (user_id, item_id, type, acted_at, retracted_at, country, value)
   select user_id, item_id, type, max(timestamp), 0, coalesce(country, ''),
     iif(type = 'rate', coalesce(value, ${RATING_MIDDLE}), 0)
   from ${REMEMBERED} where type in (${FACTS}) group by user_id, item_id, type ${MERGE_FACTS}`,
  `insert into player_facts (user_id, item_id, type, acted_at, retracted_at, country, value)
   select user_id, item_id, ${RETRACTED_TYPE}, 0, max(timestamp), '', 0
   from ${REMEMBERED} where type in (${RETRACTION_TYPES}) group by user_id, item_id, type ${MERGE_FACTS}`,
  contributeActs(1, ACTED_DAYS, 'day, user_id, type'),
  contributeChangedFacts(1),
  'delete from changed_facts',
];

/** The newest day with enough players in the window that ends with it; null if there is none. */
export const ANCHOR_DAY = `(select max(day) from (
  select day, sum(players) over (order by day range between ${WINDOW_DAYS - 1} preceding and current row) as players
  from day_totals
) where players >= ${EVIDENCE_PLAYERS_MIN})`;

/** Moves the cursor, and with it the first day that still matters. */
const MOVE_CURSOR = `update roll_up set sequence = ?2,
  counted_from = max(counted_from, coalesce(${ANCHOR_DAY} - ${WINDOW_DAYS - 1}, 0)) where sequence = ?1`;

interface RollUpOptions {
  pageEvents?: number | undefined;
  pagesMax?: number;
  /** The setting; unchanged if undefined. */
  gamesPerDay?: number;
}

/** Counts the events logged in one database since the last run, as many as a run has time for. */
export async function rollUpLog(
  db: D1Database,
  { pageEvents = PAGE_EVENTS, pagesMax = Number.POSITIVE_INFINITY, gamesPerDay }: RollUpOptions = {},
): Promise<RollUp> {
  const untilMs = Date.now() + RUN_MS_MAX;
  await db
    .prepare(
      `insert into roll_up (id, sequence, counted_from, open_from, totals_day, anchor_day, late_players, games_per_day)
       values (1, 0, 0, 0, 0, 0, 0, ${GAMES_PER_DAY_DEFAULT}) on conflict do nothing`,
    )
    .run();
  if (gamesPerDay !== undefined) await applyGamesPerDay(db, gamesPerDay);
  let events = 0;
  for (let page = 0; page < pagesMax && Date.now() < untilMs; page++) {
    const counted = await countPage(db, pageEvents);
    if (counted === 0) {
      await closeDays(db);
      return { events, isComplete: true };
    }
    events += counted;
  }
  return { events, isComplete: false };
}

/** Recounts players who exceed the limit, on open days and for facts; the sums of closed days stay. */
async function applyGamesPerDay(db: D1Database, gamesPerDay: number): Promise<void> {
  const before = await db.prepare('select games_per_day from roll_up').first<number>('games_per_day');
  if (before !== null && before !== gamesPerDay) await db.batch(changeGamesPerDay(db, before, gamesPerDay));
}

/** The sequence up to which the log is counted. */
export const readCountedSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select sequence from roll_up').first<number>('sequence')) ?? 0;

/** The sequence up to which the log is counted and its players' counts are moved: rows beyond it stay in the log. */
export const readMovedSequence = async (db: D1Database): Promise<number> =>
  (await db.prepare('select min(sequence, moved_until) as moved from roll_up').first<number>('moved')) ?? 0;

/** Returns the number of events counted. */
async function countPage(db: D1Database, pageEvents: number): Promise<number> {
  const from = await readCountedSequence(db);
  const page = await db
    .prepare(
      `select max(sequence) as last, count(*) as events, coalesce(sum(type = 'reset'), 0) as resets
       from (select sequence, type from events where sequence > ?1 order by sequence limit ?2)`,
    )
    .bind(from, pageEvents)
    .first<{ last: number | null; events: number; resets: number }>();
  if (page === null || page.last === null) return 0;
  const { last, events, resets } = page;
  // Statements without parameters take no bindings.
  const prepare = (sql: string) => (sql.includes('?1') ? db.prepare(sql).bind(from, last) : db.prepare(sql));
  await db.batch([
    ...(resets > 0 ? COUNT_RESETS : []).map(prepare),
    ...COUNT_EVENTS.map(prepare),
    ...APPLY_CHANGES.map((sql) => db.prepare(sql)),
    db.prepare(MOVE_CURSOR).bind(from, last),
  ]);
  return events;
}

const DAYS_CLOSED_PER_RUN_MAX = 100;

/** Forgets the players of days that are over, a day at a time, and then the counts of days that no longer matter. */
async function closeDays(db: D1Database): Promise<void> {
  const { results } = await db
    .prepare(
      `select day from day_totals
       where day >= (select open_from from roll_up) and day <= min(?3, (select max(day) from day_totals)) - ?1
       order by day limit ?2`,
    )
    // An event dated ahead must not close the days before it.
    .bind(OPEN_DAYS, DAYS_CLOSED_PER_RUN_MAX, Math.floor(Date.now() / DAY_MS))
    .all<{ day: number }>();
  for (const { day } of results)
    await db.batch([
      db.prepare('update roll_up set open_from = max(open_from, ?1 + 1)').bind(day),
      db.prepare('delete from player_days where day <= ?1').bind(day),
      db.prepare('delete from daily_counts where day = ?1 and players = 0').bind(day),
    ]);
  await db.batch(
    ['daily_counts', 'day_totals'].map((table) =>
      db.prepare(`delete from ${table} where day < (select counted_from from roll_up)`),
    ),
  );
}
