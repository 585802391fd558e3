// Counts of players: what one player adds to the counts of a day, and what changes when rows of players change. Each
// change is a list of statements for one transaction: the old contribution of the rows is taken away, the rows change,
// and their new contribution is added. Nothing here reads the log; roll-up.ts does.

import { KEPT_BY_RESET } from '../../models/contracts/event.ts';
import { ACT_TYPES, FACT_TYPES, VOTE_TYPES } from '../../models/contracts/statistics.ts';
import { TREND_RECENT_DAYS } from '../../models/features/popularity-and-trends.ts';
import { DISLIKE_VOTE, LIKE_VOTE } from '../../models/features/weights.ts';
import { wasErased } from './erased-users.ts';
import { EVENT_WEIGHT } from './event-weight.ts';

export const DAY_MS = 86_400_000;
export const quoteTypes = (types: readonly string[]): string => types.map((type) => `'${type}'`).join(', ');

export const ACTS = quoteTypes(ACT_TYPES);
export const FACTS = quoteTypes(FACT_TYPES);
const VOTES = quoteTypes(VOTE_TYPES);
export const KEPT = quoteTypes(KEPT_BY_RESET);

const VOTE = `case type when 'rate' then value when 'like' then ${LIKE_VOTE} when 'dislike' then ${DISLIKE_VOTE}
  else 0 end`;

/** `sign`: −1 takes the contribution away. */
type Sign = 1 | -1;

/**
 * Only a player's first games of a day count, per type of event: otherwise one caller could move the counts of a whole
 * catalogue. They are ordered by time, so that the order of delivery does not matter. The limit is stored with the
 * counts, since a contribution must be subtracted as it was added.
 */
const limitGames = (rows: string): string => `(
  select * from (
    select *, row_number() over (partition by user_id, type, day order by at, item_id) as game from ${rows}
  ) where game <= (select games_per_day from roll_up)
)`;

/** `days`: SQL of (day, user_id, type), or of (day, user_id). */
export const contributeActs = (sign: Sign, days: string, columns: string): string =>
  `insert into count_changes (day, item_id, type, country, players, value, weight)
   select day, item_id, type, country, ${sign} * count(*), 0, ${sign} * sum(${EVENT_WEIGHT})
   from ${limitGames(`(select *, last_at as at from (${days}) cross join player_days using (${columns}))`)}
   group by day, item_id, type, country`;

/**
 * `users`: SQL of user_id. `test`: SQL of the condition for a (user_id, type, day). All facts of a user are read: of a
 * player's votes on an item the last one counts, and taking it back leaves the one before.
 */
export const contributeFacts = (sign: Sign, users: string, test = 'true'): string => {
  const held = `(
    select * from (
      select *, acted_at as at, acted_at / ${DAY_MS} as day, row_number() over (
        partition by user_id, item_id, iif(type in (${VOTES}), 'vote', type) order by acted_at desc, type desc
      ) as recency
      from (${users}) cross join player_facts using (user_id) where acted_at > retracted_at
    ) where recency = 1
  )`;
  return `insert into count_changes (day, item_id, type, country, players, value, weight)
   select day, item_id, type, country, ${sign} * count(*), ${sign} * sum(${VOTE}), ${sign} * sum(${EVENT_WEIGHT})
   from ${limitGames(held)} where ${test} group by 1, 2, 3, 4`;
};

/** All contributions of the users; `users`: SQL of user_id. The key of `player_days` begins with the day. */
export const contributeUsers = (sign: Sign, users: string): string[] => [
  contributeActs(sign, selectOpenDays(users), 'day, user_id'),
  contributeFacts(sign, users),
];

/** SQL of (day, user_id): every open day of the users. */
export const selectOpenDays = (users: string): string =>
  `select day, user_id from (${users}) cross join (
     select day from day_totals where day >= coalesce((select open_from from roll_up), 0)
   )`;

/** Adds the changes to the counts, and forgets them. */
export const APPLY_CHANGES: readonly string[] = [
  `update roll_up set late_players = late_players + (
     select coalesce(sum(abs(players)), 0) from (
       select sum(players) as players from count_changes
       where day >= counted_from and day <= totals_day - ${TREND_RECENT_DAYS} group by day, item_id, type, country
     )
   )`,
  `insert into daily_counts (day, item_id, type, country, players, weight)
   select day, item_id, type, country, sum(players) as added, sum(weight) from count_changes
   where day >= (select counted_from from roll_up) group by 1, 2, 3, 4 having added <> 0 or abs(sum(weight)) > 1e-9
   on conflict do update set players = players + excluded.players, weight = weight + excluded.weight`,
  `insert into day_totals (day, players)
   select day, sum(players) from count_changes where day >= (select counted_from from roll_up) group by 1
   on conflict do update set players = players + excluded.players`,
  `insert into item_ratings (item_id, votes, sum)
   select item_id, sum(players) as added, sum(value) from count_changes where type in (${VOTES}) group by 1
   having added <> 0 or abs(sum(value)) > 1e-9
   on conflict do update set votes = votes + excluded.votes, sum = sum + excluded.sum`,
  'delete from count_changes',
];

/** On a conflict, the row of the later event keeps its country. */
export const MERGE_DAYS = `on conflict do update set value = value + excluded.value,
  country = iif(excluded.last_at >= last_at, excluded.country, country), last_at = max(last_at, excluded.last_at)`;

export const MERGE_FACTS = `on conflict do update set
  value = iif(excluded.acted_at >= acted_at, excluded.value, value),
  country = iif(excluded.acted_at >= acted_at, excluded.country, country),
  acted_at = max(acted_at, excluded.acted_at), retracted_at = max(retracted_at, excluded.retracted_at)`;

/** Forgets what the users did before their resets, except what is kept. `users`: SQL of user_id. */
export const applyResets = (users: string): string[] => [
  `delete from player_days where (day, user_id, item_id, type) in (
     select day, user_id, item_id, type from (${selectOpenDays(users)}) cross join player_days using (day, user_id)
     join player_resets using (user_id) where last_at <= reset_at
   )`,
  `update player_facts set retracted_at = max(retracted_at, reset_at) from player_resets
   where player_facts.user_id in (${users}) and type not in (${KEPT}) and player_resets.user_id = player_facts.user_id`,
];

/** Statements that let a player count for `gamesPerDay` games per type and day instead of `before`. */
export function changeGamesPerDay(db: D1Database, before: number, gamesPerDay: number): D1PreparedStatement[] {
  const overDays = 'select day, user_id, type from player_days group by 1, 2, 3 having count(*) > ?1';
  const overFacts = `select distinct user_id from (
    select user_id from player_facts group by user_id, type, acted_at / ${DAY_MS} having count(*) > ?1
  )`;
  const contribute = (sign: Sign) =>
    [contributeActs(sign, overDays, 'day, user_id, type'), contributeFacts(sign, overFacts)].map((sql) =>
      db.prepare(sql).bind(Math.min(before, gamesPerDay)),
    );
  return [
    ...contribute(-1),
    db.prepare('update roll_up set games_per_day = ?1').bind(gamesPerDay),
    ...contribute(1),
    ...APPLY_CHANGES.map((sql) => db.prepare(sql)),
  ];
}

/**
 * Statements that move a merged guest's counts, resets included, to the player, who counts once from then on. Counts
 * from before the player's erasure are deleted. `userHash`: the player's.
 */
export function movePlayerCounts(
  db: D1Database,
  fromUserId: string,
  toUserId: string,
  userHash: string,
): D1PreparedStatement[] {
  const both = 'select ?1 as user_id union select ?2';
  const days = selectOpenDays('select ?1 as user_id');
  const isLater = (time: string) => `not ${wasErased('?3', time)}`;
  const move = [
    `insert into player_days (day, user_id, item_id, type, last_at, country, value)
     select day, ?2, item_id, type, last_at, country, value
     from (${days}) cross join player_days using (day, user_id) where ${isLater('last_at')} ${MERGE_DAYS}`,
    `insert into player_facts (user_id, item_id, type, acted_at, retracted_at, country, value)
     select ?2, item_id, type, acted_at, retracted_at, country, value
     from player_facts where user_id = ?1 and ${isLater('max(acted_at, retracted_at)')} ${MERGE_FACTS}`,
    `insert into player_resets (user_id, reset_at)
     select ?2, reset_at from player_resets where user_id = ?1 and ${isLater('reset_at')}
     on conflict do update set reset_at = max(reset_at, excluded.reset_at)`,
  ];
  return [
    ...contributeUsers(-1, both).map((sql) => db.prepare(sql).bind(fromUserId, toUserId)),
    ...move.map((sql) => db.prepare(sql).bind(fromUserId, toUserId, userHash)),
    ...deleteRows(db, fromUserId, Number.MAX_SAFE_INTEGER),
    ...[...applyResets('select ?1 as user_id'), ...contributeUsers(1, 'select ?1 as user_id')].map((sql) =>
      db.prepare(sql).bind(toUserId),
    ),
    ...APPLY_CHANGES.map((sql) => db.prepare(sql)),
  ];
}

/**
 * Statements that remove a player's acts and facts up to `until` (epoch milliseconds) from the counts. The sums of
 * closed days keep them: they name nobody, and no longer show who contributed.
 */
export const deletePlayerCounts = (db: D1Database, userId: string, until: number): D1PreparedStatement[] => [
  ...contributeUsers(-1, 'select ?1 as user_id').map((sql) => db.prepare(sql).bind(userId)),
  ...deleteRows(db, userId, until),
  ...contributeUsers(1, 'select ?1 as user_id').map((sql) => db.prepare(sql).bind(userId)),
  ...APPLY_CHANGES.map((sql) => db.prepare(sql)),
];

const deleteRows = (db: D1Database, userId: string, until: number): D1PreparedStatement[] =>
  [
    `delete from player_days
     where (day, user_id) in (${selectOpenDays('select ?1 as user_id')}) and last_at <= ?2`,
    'delete from player_facts where user_id = ?1 and max(acted_at, retracted_at) <= ?2',
    'delete from player_resets where user_id = ?1 and reset_at <= ?2',
  ].map((sql) => db.prepare(sql).bind(userId, until));
