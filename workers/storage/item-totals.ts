// Sums of the daily counts by item, for statistics. The past is summed once a day, or when late events have changed it
// noticeably; each run of the job reads these sums and the counts of the newest days. Each database of the log has its
// own sums, which are added here.

import type { CountryTotals, ItemRating, ItemTotals, PlayerCounts } from '../../models/contracts/statistics.ts';
import { COUNTRIES_MAX, COUNTRY_WEIGHT_MIN } from '../../models/features/country-statistics.ts';
import {
  POPULARITY_HALF_LIFE_DAYS,
  TREND_RECENT_DAYS,
  TREND_WINDOW_DAYS,
} from '../../models/features/popularity-and-trends.ts';
import { askShards, type LogShards, workOnShards } from './log-shards.ts';
import { ANCHOR_DAY } from './roll-up.ts';

/** The past is summed again once late events have changed this share of all counts. */
const LATE_SHARE_MAX = 0.01;

/** Days after the anchor count no more than the anchor's day. */
const AGED_WEIGHT = `weight * pow(0.5, max(0, anchor_day - day) / ${POPULARITY_HALF_LIFE_DAYS}.0)`;
const NEWEST_DAYS = `daily_counts, roll_up where day > totals_day - ${TREND_RECENT_DAYS} and players > 0`;

/** `today`: days since the epoch, UTC. Call it after the log was rolled up. */
export async function readPlayerCounts(shards: LogShards, today: number): Promise<PlayerCounts> {
  const anchorDay = await readAnchorDay(shards);
  await workOnShards(shards, async (db) => {
    if (await isSumDue(db, today, anchorDay)) await sumPast(db, today, anchorDay ?? today);
  });
  const countries = await readActiveCountries(shards);
  const counted = await workOnShards(shards, (db) =>
    db.batch([
      db.prepare(selectTotals('', "country = ''", 'true')),
      db.prepare(selectTotals('country,', IS_ACTIVE, IS_ACTIVE)).bind(JSON.stringify(countries)),
      db.prepare('select item_id as itemId, votes, sum from item_ratings where votes > 0'),
    ]),
  );
  const collect = <Row>(statement: number) => counted.map((answers) => answers[statement]!.results as Row[]);
  return {
    world: addRows(collect<ItemTotals>(0), ({ itemId }) => itemId, ['popularity', 'recent', 'before']),
    countries: addRows(collect<CountryTotals>(1), ({ country, itemId }) => `${country} ${itemId}`, [
      'popularity',
      'recent',
      'before',
    ]),
    ratings: addRows(collect<ItemRating>(2), ({ itemId }) => itemId, ['votes', 'sum']),
    anchorDay,
  };
}

/** Adds the numbers of rows with the same key. */
function addRows<Row extends object, Field extends keyof Row>(
  lists: readonly (readonly Row[])[],
  toKey: (row: Row) => string,
  fields: readonly Field[],
): Row[] {
  const sums = new Map<string, Row>();
  for (const row of lists.flat()) {
    const key = toKey(row);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, row);
    else for (const field of fields) sum[field] = (Number(sum[field]) + Number(row[field])) as Row[Field];
  }
  return [...sums.values()];
}

/** The day from which popularity counts back, over all shards; null without events. */
async function readAnchorDay(shards: LogShards): Promise<number | null> {
  const days = await askShards(shards, async (db) => {
    const { results } = await db.prepare('select day, players from day_totals').all<{ day: number; players: number }>();
    return results;
  });
  const rows = days.map(({ day, players }) => [day, players]);
  return shards[0]!
    .prepare(
      `with day_totals (day, players) as (
         select value->>0, sum(value->>1) from json_each(?1) group by 1
       ) select coalesce(${ANCHOR_DAY}, (select max(day) from day_totals)) as anchor`,
    )
    .bind(JSON.stringify(rows))
    .first<number>('anchor');
}

async function isSumDue(db: D1Database, today: number, anchorDay: number | null): Promise<boolean> {
  const due = await db
    .prepare(
      `select totals_day <> ?1 or anchor_day <> ?2 or
         late_players > ${LATE_SHARE_MAX} * (select sum(players) from day_totals) as isDue from roll_up`,
    )
    .bind(today, anchorDay)
    .first<number | null>('isDue');
  return due === 1;
}

/** The countries with enough weight for statistics of their own. */
async function readActiveCountries(shards: LogShards): Promise<string[]> {
  const weights = await askShards(shards, async (db) => {
    const { results } = await db
      .prepare(`select country, sum(max(0, weight)) as weight from ${NEWEST_DAYS} and country <> '' group by country`)
      .all<{ country: string; weight: number }>();
    return results;
  });
  return addRows([weights], ({ country }) => country, ['weight'])
    .filter(({ weight }) => weight >= COUNTRY_WEIGHT_MIN)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, COUNTRIES_MAX)
    .map(({ country }) => country);
}

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

const IS_ACTIVE = 'country in (select value from json_each(?1))';

/** `past`, `newest`: conditions on rows of `item_totals` and of `daily_counts`. */
const selectTotals = (country: '' | 'country,', past: string, newest: string): string =>
  `select ${country} item_id as itemId, sum(popularity) as popularity, sum(recent) as recent, sum(before) as before
   from (
     select ${country} item_id, popularity, 0 as recent, before_weight as before from item_totals where ${past}
     union all
     select ${country} item_id, ${AGED_WEIGHT}, max(0, weight), 0 from ${NEWEST_DAYS} and ${newest}
   ) group by ${country} item_id`;
