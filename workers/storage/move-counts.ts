// Moves players' counts to the database of the log that takes their new events. After a database was added, a player's
// like may be in one and the act that takes it back in another, and the like would count for ever. It reads events only
// to learn whose counts may have to move.

import { openUserHash, wasErased } from './erased-users.ts';
import { chooseShard, type LogShards } from './log-shards.ts';
import { portionsOf } from './parameters.ts';
import {
  APPLY_CHANGES,
  applyResets,
  contributeUsers,
  MERGE_DAYS,
  MERGE_FACTS,
  selectOpenDays,
} from './player-counts.ts';
import { seedShard } from './seed-shard.ts';

const PAGE_EVENTS = 50_000;
const USERS_PER_MOVE = 1_000;
/**
 * A move takes some 30 queries, a page three and one for each database. An invocation may make 1,000, and counting
 * needs most of them. Pages are divided between the databases.
 */
const MOVES_PER_RUN = 5;
const PAGES_PER_RUN = 20;

const USERS = 'select value as user_id from json_each(?1)';

/** A table of counts. Its first columns are the key that identifies a row in the state in which it was read. */
interface Table {
  name: string;
  columns: readonly string[];
  keyLength: number;
  /** SQL of the rows of the users ?1 that may move; ?2: the first open day of the other database. */
  source: string;
  /** SQL of the time that an erasure is compared with; `column` gives the value of a column. */
  timeOf: (column: (name: string) => string) => string;
  merge: string;
}

const TABLES: readonly Table[] = [
  {
    name: 'player_days',
    columns: ['user_id', 'item_id', 'type', 'day', 'last_at', 'country', 'value'],
    keyLength: 5,
    source: `(${selectOpenDays(USERS)}) cross join player_days using (day, user_id) where day >= ?2`,
    timeOf: (column) => column('last_at'),
    merge: MERGE_DAYS,
  },
  {
    name: 'player_facts',
    columns: ['user_id', 'item_id', 'type', 'acted_at', 'retracted_at', 'country', 'value'],
    keyLength: 5,
    source: `(${USERS}) cross join player_facts using (user_id) where ?2 is not null`,
    timeOf: (column) => `max(${column('acted_at')}, ${column('retracted_at')})`,
    merge: MERGE_FACTS,
  },
  {
    name: 'player_resets',
    columns: ['user_id', 'reset_at'],
    keyLength: 2,
    source: `(${USERS}) cross join player_resets using (user_id) where ?2 is not null`,
    timeOf: (column) => column('reset_at'),
    merge: 'on conflict do update set reset_at = max(reset_at, excluded.reset_at)',
  },
];

/**
 * Moves the counts of players with newly counted events, a bounded number per run. Returns false if there are more.
 * Must not run twice at once. `db`: the database of small data.
 */
export async function moveCounts(
  db: D1Database,
  shards: LogShards,
  { pageEvents = PAGE_EVENTS, movesMax = MOVES_PER_RUN } = {},
): Promise<boolean> {
  if (shards.length === 1) {
    await shards[0]!.prepare('update roll_up set moved_until = sequence').run();
    return true;
  }
  const pagesMax = Math.max(1, Math.floor(PAGES_PER_RUN / shards.length));
  let movesLeft = movesMax;
  let isComplete = true;
  for (const shard of await listByUnmoved(shards)) {
    let pages = 0;
    for (let page = await readPage(shard, pageEvents); page !== undefined; page = await readPage(shard, pageEvents)) {
      if (pages++ === pagesMax) {
        isComplete = false;
        break;
      }
      const moves = await moveUsers(db, shards, page.userIds, movesLeft);
      // The cursor stays: the next run finds only the players who were not moved yet, and goes on with them.
      if (moves === undefined) return false;
      movesLeft -= moves;
      await shard.prepare('update roll_up set moved_until = ?1').bind(page.last).run();
    }
  }
  return isComplete;
}

/**
 * The longest backlog first: one database may need all moves of a run, and the others would never get theirs.
 */
async function listByUnmoved(shards: LogShards): Promise<D1Database[]> {
  const unmoved = await Promise.all(shards.map(async (shard) => ({ shard, events: await readUnmoved(shard) })));
  return unmoved.sort((a, b) => b.events - a.events).map(({ shard }) => shard);
}

/** Number of counted events whose players' counts may still have to move; too high by events deleted since. */
export const readUnmoved = async (db: D1Database): Promise<number> =>
  (await db.prepare('select sequence - moved_until as events from roll_up').first<number>('events')) ?? 0;

/** The players of the next counted events, and the last sequence; undefined if there are none. */
async function readPage(db: D1Database, events: number): Promise<{ last: number; userIds: string[] } | undefined> {
  const range = await db
    .prepare(
      `select moved_until as first, (
         select max(sequence) from (
           select sequence from events where sequence > moved_until and sequence <= roll_up.sequence
           order by sequence limit ?1
         )
       ) as last from roll_up`,
    )
    .bind(events)
    .first<{ first: number; last: number | null }>();
  if (range === null || range.last === null) return undefined;
  const { first, last } = range;
  const { results } = await db
    .prepare(
      `select distinct user_id as userId from events
       where sequence > ?1 and sequence <= ?2 and type <> 'impression'`,
    )
    .bind(first, last)
    .all<{ userId: string }>();
  return { last, userIds: results.map(({ userId }) => userId) };
}

/** Makes at most `movesMax` moves. Returns their number; undefined if more are needed. */
async function moveUsers(
  db: D1Database,
  shards: LogShards,
  userIds: readonly string[],
  movesMax: number,
): Promise<number | undefined> {
  let moves = 0;
  for (const [number, from] of shards.entries()) {
    const misplaced = userIds.filter((userId) => chooseShard(userId, shards.length) !== number);
    const counted = await findCounted(from, misplaced);
    for (const [home, movable] of Map.groupBy(counted, (userId) => chooseShard(userId, shards.length))) {
      const to = shards[home]!;
      await seedShard(db, to);
      for (let start = 0; start < movable.length; start += USERS_PER_MOVE, moves++) {
        if (moves === movesMax) return undefined;
        await move(from, to, movable.slice(start, start + USERS_PER_MOVE));
      }
    }
  }
  return moves;
}

/** The users of whom the database has counts. */
async function findCounted(db: D1Database, userIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const statement = db.prepare(
    `select user_id as userId from (${USERS}) as users
       where exists (select 1 from player_facts where user_id = users.user_id)
         or exists (select 1 from player_resets where user_id = users.user_id)
         or exists (
           select 1 from day_totals cross join player_days using (day)
           where day >= (select open_from from roll_up) and player_days.user_id = users.user_id
         )`,
  );
  for (const { json } of portionsOf(userIds, (userId) => userId, userIds.length)) {
    const { results } = await statement.bind(json).all<{ userId: string }>();
    for (const { userId } of results) found.push(userId);
  }
  return found;
}

/**
 * First copies, then deletes what was copied. If a run dies in between, the next one repeats both, which changes no
 * fact but may add the minutes of open days twice. Open days that are closed in the other database stay.
 */
async function move(from: D1Database, to: D1Database, userIds: readonly string[]): Promise<void> {
  const users = JSON.stringify(userIds);
  const openFrom = (await to.prepare('select open_from from roll_up').first<number>('open_from')) ?? 0;
  const answers = await from.batch<Record<string, unknown>>(
    TABLES.map(({ columns, source }) =>
      from.prepare(`select ${columns.join(', ')} from ${source}`).bind(users, openFrom),
    ),
  );
  const read = TABLES.map((table, index) => ({
    table,
    rows: answers[index]!.results.map((row) => table.columns.map((column) => row[column])),
  }));
  if (read.every(({ rows }) => rows.length === 0)) return;
  const hash = await openUserHash(to);
  const bindUsers = (db: D1Database, statements: readonly string[]) =>
    statements.map((sql) => db.prepare(sql).bind(users));
  const apply = (db: D1Database) => APPLY_CHANGES.map((sql) => db.prepare(sql));
  const portions = read.flatMap(({ table, rows }) =>
    [...portionsOf(rows, (row) => [...row, hash(row[0] as string)])].map(({ json }) => ({ table, json })),
  );
  await to.batch([
    ...bindUsers(to, contributeUsers(-1, USERS)),
    ...portions.flatMap(({ table, json }) => insertRows(table).map((sql) => to.prepare(sql).bind(json))),
    ...bindUsers(to, [...applyResets(USERS), ...contributeUsers(1, USERS)]),
    ...apply(to),
  ]);
  await from.batch([
    ...bindUsers(from, contributeUsers(-1, USERS)),
    ...portions.map(({ table, json }) => from.prepare(deleteRows(table)).bind(json)),
    ...bindUsers(from, contributeUsers(1, USERS)),
    ...apply(from),
  ]);
}

/** Inserts the rows of players who were not erased since; ?1: rows, each followed by the hash of its user. */
function insertRows({ name, columns, timeOf, merge }: Table): string[] {
  const value = (column: string) => `value->>${columns.indexOf(column)}`;
  const inserted = `insert into ${name} (${columns.join(', ')}) select ${columns.map(value).join(', ')}
    from json_each(?1) where not ${wasErased(`value->>${columns.length}`, timeOf(value))} ${merge}`;
  // Contributions are read only for days in `day_totals`.
  const days = `insert into day_totals (day, players) select distinct ${value('day')}, 0 from json_each(?1) where true
    on conflict do nothing`;
  return columns.includes('day') ? [days, inserted] : [inserted];
}

/** Deletes the rows that are still as they were read: a merge may have changed one meanwhile. */
const deleteRows = ({ name, columns, keyLength }: Table): string =>
  `delete from ${name} where (${columns.slice(0, keyLength).join(', ')}) in (
     select ${columns
       .slice(0, keyLength)
       .map((_, index) => `value->>${index}`)
       .join(', ')} from json_each(?1)
   )`;
