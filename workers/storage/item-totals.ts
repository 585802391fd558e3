// Sums of the daily counts by item, for statistics. The past is summed once a day, or when late events have changed it
// noticeably; each run of the job reads these sums and the counts of the newest days.

import type { CountryTotals, ItemRating, ItemTotals, PlayerCounts } from '../../models/contracts/statistics.ts';
import { COUNTRIES_MAX, COUNTRY_WEIGHT_MIN } from '../../models/features/country-statistics.ts';
import { POPULARITY_HALF_LIFE_DAYS, TREND_RECENT_DAYS, TREND_WINDOW_DAYS } from '../../models/features/item-totals.ts';
import { ANCHOR_DAY } from './roll-up.ts';

/** The past is summed again once late events have changed this share of all counts. */
const LATE_SHARE_MAX = 0.01;

/** What comes after the anchor does not count more than the anchor's day. */
const AGED_WEIGHT = `weight * pow(0.5, max(0, anchor_day - day) / ${POPULARITY_HALF_LIFE_DAYS}.0)`;
const NEWEST_DAYS = `daily_counts, roll_up where day > totals_day - ${TREND_RECENT_DAYS} and players > 0`;

interface TotalsState {
  isDue: 0 | 1;
  anchorDay: number | null;
}

/** `today`: days since the epoch, UTC. Call it after the log was rolled up. */
export async function readPlayerCounts(db: D1Database, today: number): Promise<PlayerCounts> {
  const { isDue, anchorDay } = (await readState(db, today)) ?? { isDue: 0, anchorDay: null };
  if (isDue) await sumPast(db, today, anchorDay ?? today);
  const [world, countries, ratings] = await db.batch([
    db.prepare(selectTotals('', "country = ''", 'true')),
    db.prepare(selectTotals('country,', `country in (${ACTIVE_COUNTRIES})`, `country in (${ACTIVE_COUNTRIES})`)),
    db.prepare('select item_id as itemId, votes, sum from item_ratings where votes > 0'),
  ]);
  return {
    world: world!.results as ItemTotals[],
    countries: countries!.results as CountryTotals[],
    ratings: ratings!.results as ItemRating[],
    anchorDay,
  };
}

const readState = (db: D1Database, today: number): Promise<TotalsState | null> =>
  db
    .prepare(
      `with state as (select *, coalesce(${ANCHOR_DAY}, (select max(day) from day_totals)) as anchor from roll_up)
       select anchor as anchorDay, totals_day <> ?1 or anchor_day <> anchor or
         late_players > ${LATE_SHARE_MAX} * (select sum(players) from day_totals) as isDue from state`,
    )
    .bind(today)
    .first<TotalsState>();

async function sumPast(db: D1Database, today: number, anchorDay: number): Promise<void> {
  await db.batch([
    db.prepare('update roll_up set totals_day = ?1, anchor_day = ?2, late_players = 0').bind(today, anchorDay),
    db.prepare('delete from item_totals'),
    db.prepare(
      `insert into item_totals (country, item_id, popularity, before_weight)
       select country, item_id, sum(${AGED_WEIGHT}),
         sum(iif(day > totals_day - ${TREND_WINDOW_DAYS}, max(0, weight), 0))
       from daily_counts, roll_up
       where day >= counted_from and day <= totals_day - ${TREND_RECENT_DAYS} and players > 0
       group by country, item_id`,
    ),
    // The world includes the players of unknown countries, whose rows it replaces.
    db.prepare(
      `insert into item_totals (country, item_id, popularity, before_weight)
       select '', item_id, sum(popularity), sum(before_weight) from item_totals where true group by item_id
       on conflict do update set popularity = excluded.popularity, before_weight = excluded.before_weight`,
    ),
  ]);
}

const ACTIVE_COUNTRIES = `select country from ${NEWEST_DAYS} and country <> '' group by country
  having sum(max(0, weight)) >= ${COUNTRY_WEIGHT_MIN} order by sum(max(0, weight)) desc limit ${COUNTRIES_MAX}`;

/** `past`, `newest`: conditions on rows of `item_totals` and of `daily_counts`. */
const selectTotals = (country: '' | 'country,', past: string, newest: string): string =>
  `select ${country} item_id as itemId, sum(popularity) as popularity, sum(recent) as recent, sum(before) as before
   from (
     select ${country} item_id, popularity, 0 as recent, before_weight as before from item_totals where ${past}
     union all
     select ${country} item_id, ${AGED_WEIGHT}, max(0, weight), 0 from ${NEWEST_DAYS} and ${newest}
   ) group by ${country} item_id`;
