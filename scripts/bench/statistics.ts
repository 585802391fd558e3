// Measures the statistics job over logs of growing length: the first run, which counts the whole log, and later runs
// that find the same number of new events. The baseline counts the whole log in one query, as the job once did. Times
// are processor time, in SQLite alone: no Worker, no network.

import { refreshStatistics } from '../../workers/offline/refresh-statistics.ts';
import { GAMES_PER_DAY_DEFAULT, rollUpLog } from '../../workers/storage/roll-up.ts';
import { openMemoryD1 } from './memory-d1.ts';
import { median } from './rounds.ts';

const DAY_MS = 86_400_000;
/** A longer log goes back further, as that of a store does. */
const EVENTS_PER_DAY = 10_000;
const PLAYERS = 5_000;
const NEW_EVENTS = 1_000;
const ROUNDS = 5;
const EVENTS_PER_INSERT = 50_000;
const ITEMS = 2_000;
const TYPES = ['view', 'click', 'click', 'click', 'play', 'play', 'like', 'rate', 'wishlist', 'purchase'];
const COUNTRIES = ['CH', 'DE', 'FR', 'US', 'JP'];

export interface StatisticsReport {
  newEvents: number;
  logs: {
    events: number;
    /** Events a second of the first run, which counts the whole log. */
    firstRate: number;
    /** Medians over the rounds. */
    jobMs: number;
    baselineMs: number;
  }[];
}

export async function benchStatistics(
  sizes: readonly number[],
  log: (message: string) => void,
): Promise<StatisticsReport> {
  const report: StatisticsReport = { newEvents: NEW_EVENTS, logs: [] };
  for (const events of sizes) report.logs.push(await measureLog(openMemoryD1(), events, log));
  return report;
}

async function measureLog(
  DB: D1Database,
  events: number,
  log: (message: string) => void,
): Promise<StatisticsReport['logs'][number]> {
  const now = Date.now();
  const BUCKET = { put: async () => {} } as unknown as R2Bucket;
  const env = { DB, LOG_0: DB, BUCKET, COUNTED_GAMES_PER_DAY: String(GAMES_PER_DAY_DEFAULT) };
  await addEvents(DB, events, Math.round(now - (events / EVENTS_PER_DAY) * DAY_MS), now);
  const firstMs = await time(async () => {
    for (let done = false; !done; ) done = (await rollUpLog(DB)).isComplete;
  });
  const firstRate = (1_000 * events) / firstMs;
  log(`${events.toLocaleString('en')} events: first run ${Math.round(firstRate).toLocaleString('en')} events/s`);
  await refreshStatistics(env, now);
  const jobMs: number[] = [];
  const baselineMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await addEvents(DB, NEW_EVENTS, now - DAY_MS / 24, now);
    jobMs.push(await time(() => refreshStatistics(env, now)));
    baselineMs.push(await time(() => countWholeLog(DB)));
  }
  log(
    `  then ${median(jobMs).toFixed(0)} ms for ${NEW_EVENTS} new ones; ` +
      `the whole log ${median(baselineMs).toFixed(0)} ms`,
  );
  return { events, firstRate, jobMs: median(jobMs), baselineMs: median(baselineMs) };
}

const countWholeLog = (db: D1Database): Promise<unknown> =>
  db
    .prepare(
      // Only the number of counts is returned: all of a million events would not fit the Worker's memory.
      `select count(*) from (
         select item_id, type, timestamp / ${DAY_MS} as day, count(*), sum(value) from events not indexed
         where item_id is not null group by 1, 2, 3
       )`,
    )
    .first();

/** Made in D1, since sending them would take longest. Popular items are many times as likely as rare ones. */
async function addEvents(db: D1Database, count: number, from: number, until: number): Promise<void> {
  const pick = (list: readonly string[]) =>
    `json_extract('${JSON.stringify(list)}', '$[' || (abs(random()) % ${list.length}) || ']')`;
  const share = '(abs(random()) % 1000000 / 1000000.0)';
  for (let done = 0; done < count; done += EVENTS_PER_INSERT)
    await db
      .prepare(
        `insert into events (user_id, id, type, item_id, value, timestamp, received_at, country)
         with recursive n(n) as (select 1 union all select n + 1 from n where n < ?1)
         select 'player-' || (abs(random()) % ?2), lower(hex(randomblob(12))), ${pick(TYPES)},
           'game-' || cast(${ITEMS} * pow(${share}, 3) as integer), 1 + abs(random()) % 5,
           ?3 + abs(random()) % ?4, ?3, ${pick(COUNTRIES)} from n`,
      )
      .bind(Math.min(EVENTS_PER_INSERT, count - done), PLAYERS, from, Math.round(until - from))
      .run();
}

/** Milliseconds of processor time. */
async function time(run: () => Promise<unknown>): Promise<number> {
  const startedAt = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / 1_000;
}

export function formatStatistics({ newEvents, logs }: StatisticsReport): string {
  const count = (n: number) => Math.round(n).toLocaleString('en');
  return [
    `| events in the log | first run, events/s | run with ${count(newEvents)} new ones, ms | the whole log, ms |`,
    '|---|---|---|---|',
    ...logs.map(
      ({ events, firstRate, jobMs, baselineMs }) =>
        `| ${count(events)} | ${count(firstRate)} | ${count(jobMs)} | ${count(baselineMs)} |`,
    ),
  ].join('\n');
}
