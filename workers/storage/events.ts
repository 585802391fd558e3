// The event log in D1: bulk inserts into one of its databases, idempotent by (user, id) within it, and reads of one or
// all. models/contracts validates.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import {
  MARK_KINDS,
  MARKS_MAX,
  RECENT_ACTIONS_MAX,
  RECENT_IMPRESSIONS_MAX,
  type SignalEvent,
} from '../../models/contracts/signals.ts';
import { selectArchivedMarks } from './archived-marks.ts';
import { type HashUser, hasErasureMark, openUserHash, readErasedAt, wasErased } from './erased-users.ts';
import { countLogged } from './event-counts.ts';
import { hourOf } from './hour.ts';
import { askShards, type LogShards } from './log-shards.ts';
import { portionsOf } from './parameters.ts';

const COLUMNS = [
  ['id', 'id'],
  ['user_id', 'userId'],
  ['type', 'type'],
  ['item_id', 'itemId'],
  ['value', 'value'],
  ['query', 'query'],
  ['timestamp', 'timestamp'],
  ['received_at', 'receivedAt'],
  ['recommendation_id', 'recommendationId'],
  ['position', 'position'],
  ['platform', 'platform'],
  ['country', 'country'],
  ['locale', 'locale'],
] as const satisfies readonly (readonly [string, keyof PlayerEvent])[];

// One JSON parameter carries many rows; VALUES lists are limited to 100 parameters a statement.
const INSERT_EVENTS = `insert into events (${COLUMNS.map(([column]) => column).join(', ')})
  select ${COLUMNS.map((_, index) => `value->>${index}`).join(', ')} from json_each(?1)
  where not ${wasErased(`value->>${COLUMNS.length}`, `value->>${COLUMNS.length + 1}`)}
  on conflict do nothing`;
const TOUCH_USERS = `insert into users (user_id, last_event_at)
  select value->>0, value->>1 from json_each(?1) where not ${wasErased('value->>2', 'value->>3')}
  on conflict do update set last_event_at = max(last_event_at, excluded.last_event_at)`;

const EVENT_COLUMNS = COLUMNS.map(([column, field]) => (column === field ? column : `${column} as ${field}`)).join(
  ', ',
);

/**
 * Inserts events, one transaction per portion. Events of an erased player from before the erasure are dropped, in the
 * same transaction. Returns the number of new ones.
 */
export async function insertEvents(db: D1Database, events: readonly PlayerEvent[]): Promise<number> {
  return insertRows(db, events, []);
}

/** Inserts events as `insertEvents` does, and counts the new ones in the hours of their reception. */
export async function insertCountedEvents(db: D1Database, events: readonly PlayerEvent[]): Promise<void> {
  for (const [hour, received] of Map.groupBy(events, ({ receivedAt }) => hourOf(receivedAt)))
    await insertRows(db, received, [countLogged(db, hour)]);
}

/** `more`: statements of the same transaction, right after the insertion of each portion. */
async function insertRows(
  db: D1Database,
  events: readonly PlayerEvent[],
  more: readonly D1PreparedStatement[],
): Promise<number> {
  const hash = await openUserHash(db);
  let inserted = 0;
  const toRow = (event: PlayerEvent) => [
    ...COLUMNS.map(([, field]) => event[field]),
    hash(event.userId),
    happenedAt(event),
  ];
  for (const { rows, json } of portionsOf(events, toRow)) {
    const [written] = await db.batch([
      db.prepare(INSERT_EVENTS).bind(json),
      ...more,
      db.prepare(TOUCH_USERS).bind(JSON.stringify(listSightings(rows, hash))),
    ]);
    inserted += written!.meta.changes;
  }
  return inserted;
}

/** Validated events of an import. */
export interface EventRows {
  fields: readonly (keyof PlayerEvent)[];
  /** An array of rows with the values of `fields`; all other fields are null, and cost nothing. */
  json: string;
  /** Epoch milliseconds; used if `fields` does not include it. */
  receivedAt: number;
  /** Read when no row belonged to an erased player. */
  erasureMark: number;
}

/**
 * Inserts events of an import into one database, unless there was an erasure since the mark. Returns the number of new
 * events; inserts nothing and returns undefined after an erasure.
 */
export async function insertEventRows(
  db: D1Database,
  { fields, json, receivedAt, erasureMark }: EventRows,
): Promise<number | undefined> {
  const columns = fields.map((field) => COLUMNS.find(([, name]) => name === field)![0]);
  const values = fields.map((_, index) => `value->>${index}`);
  const given = fields.includes('receivedAt');
  const [written, current] = await db.batch([
    db
      .prepare(
        `insert into events (${[...columns, ...(given ? [] : ['received_at'])].join(', ')})
         select ${[...values, ...(given ? [] : ['?3'])].join(', ')} from json_each(?1) where ${hasErasureMark('?2')}
         on conflict do nothing`,
      )
      .bind(json, erasureMark, ...(given ? [] : [receivedAt])),
    db.prepare(`select 1 where ${hasErasureMark('?1')}`).bind(erasureMark),
  ]);
  return current!.results.length === 0 ? undefined : written!.meta.changes;
}

/** Indices of those rows of an import that the database has. `json`: an array of rows that begin with id and user. */
export async function findLoggedRows(db: D1Database, json: string): Promise<number[]> {
  const { results } = await db
    .prepare(
      `select key from json_each(?1) as rows where exists (
         select 1 from events where user_id = rows.value->>1 and id = rows.value->>0
       )`,
    )
    .bind(json)
    .all<{ key: number }>();
  return results.map(({ key }) => key);
}

/** Records when users were last seen, except those who were erased since. */
export async function touchUsers(
  db: D1Database,
  users: readonly { userId: string; lastEventAt: number }[],
): Promise<void> {
  const hash = await openUserHash(db);
  const toRow = ({ userId, lastEventAt }: (typeof users)[number]) => [userId, lastEventAt, hash(userId), lastEventAt];
  for (const { json } of portionsOf(users, toRow)) await db.prepare(TOUCH_USERS).bind(json).run();
}

/** A clock that is ahead moves no event beyond its reception. */
export const happenedAt = ({ timestamp, receivedAt }: PlayerEvent): number => Math.min(timestamp, receivedAt);

/** For each user: id, time of the last event, hash, and the time that an erasure is compared with. */
function listSightings(events: readonly PlayerEvent[], hash: HashUser): [string, number, string, number][] {
  const sightings = new Map<string, [string, number, string, number]>();
  for (const event of events) {
    const { userId, timestamp } = event;
    const [, last, userHash, until] = sightings.get(userId) ?? [userId, 0, hash(userId), 0];
    sightings.set(userId, [userId, Math.max(timestamp, last), userHash, Math.max(happenedAt(event), until)]);
  }
  return [...sightings.values()];
}

/** The ids that the user's log has in this database. */
export async function findLoggedIds(db: D1Database, userId: string, ids: readonly string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare('select id from events where user_id = ?1 and id in (select value from json_each(?2))')
    .bind(userId, JSON.stringify(ids))
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

/** Those of a user's events that the log will not take, because the user was erased since. */
export async function findErasedEvents(
  db: D1Database,
  userId: string,
  events: readonly PlayerEvent[],
): Promise<PlayerEvent[]> {
  const erasedAt = (await readErasedAt(db, [userId])).get(userId);
  return erasedAt === undefined ? [] : events.filter((event) => happenedAt(event) <= erasedAt);
}

/**
 * The logged events that a player's signals are folded from: the newest actions, the newest impressions, and the last
 * event of each mark kind per item, however old. Some appear twice; folding is idempotent, and drops what the bounds of
 * signals leave no room for.
 */
export const readSignalEvents = (shards: LogShards, userId: string): Promise<PlayerEvent[]> => {
  const newest = (comparison: string) =>
    `select ${EVENT_COLUMNS} from events where user_id = ?1 and type ${comparison} 'impression'
     order by timestamp desc, id desc limit ?2`;
  return askShards(shards, async (db) => {
    const answers = await db.batch<PlayerEvent>([
      db.prepare(newest('<>')).bind(userId, RECENT_ACTIONS_MAX),
      db.prepare(newest('=')).bind(userId, RECENT_IMPRESSIONS_MAX),
      selectMarks(db, userId),
      selectArchivedMarks(db, [userId]),
    ]);
    return answers.flatMap(({ results }) => results);
  });
};

/** The last event of each mark kind per item, of the log in D1 and of what has left it; some are there twice. */
export const readMarkEvents = (shards: LogShards, userId: string): Promise<PlayerEvent[]> =>
  askShards(shards, async (db) => {
    const answers = await db.batch<PlayerEvent>([selectMarks(db, userId), selectArchivedMarks(db, [userId])]);
    return answers.flatMap(({ results }) => results);
  });

const MARK_TYPES = MARK_KINDS.map((kind) => `'${kind}'`).join(', ');
/** A reset is the mark of no item. */
const IS_MARK = `type in (${MARK_TYPES}) and (item_id is not null or type = 'reset')`;

const selectMarks = (db: D1Database, userId: string): D1PreparedStatement =>
  db
    .prepare(
      // SQLite takes the bare columns from the row that holds the maximum.
      `select ${EVENT_COLUMNS}, max(timestamp) from events
       where user_id = ?1 and ${IS_MARK}
       group by item_id, type order by timestamp desc limit ?2`,
    )
    .bind(userId, MARKS_MAX);

/** An event with the fields that a gallery in bulk needs. */
export type LoggedAction = SignalEvent & Pick<PlayerEvent, 'userId' | 'platform' | 'country'>;

const ACTION_COLUMNS = 'id, user_id as userId, type, item_id as itemId, value, query, timestamp, platform, country';

/** The same as `readSignalEvents` for many players, without impressions. */
export const readActionsOf = (shards: LogShards, userIds: readonly string[]): Promise<LoggedAction[]> =>
  askShards(shards, (db) => readActionsIn(db, userIds));

async function readActionsIn(db: D1Database, userIds: readonly string[]): Promise<LoggedAction[]> {
  const [newest, archived] = await db.batch([
    // A player's actions are one JSON text: as rows, each field would cost more than parsing it.
    db
      .prepare(
        `select user_id as userId, (
           select json_group_array(json_array(id, type, item_id, value, query, timestamp, platform, country)) from (
             select * from events where user_id = players.user_id and type <> 'impression'
             order by timestamp desc, id desc limit ?2
           )
         ) as actions from (select distinct value as user_id from json_each(?1)) as players`,
      )
      .bind(JSON.stringify(userIds), RECENT_ACTIONS_MAX),
    selectArchivedMarks(db, userIds),
  ]);
  const players = (newest!.results as { userId: string; actions: string }[]).map(({ userId, actions }) => ({
    userId,
    actions: JSON.parse(actions) as ActionRow[],
  }));
  const read = [
    ...players.flatMap(({ userId, actions }) => actions.map((row) => toAction(userId, row))),
    ...(archived!.results as LoggedAction[]),
  ];
  // Nearly all players have fewer actions here than that, so all their marks are among them.
  const busy = players.filter(({ actions }) => actions.length === RECENT_ACTIONS_MAX).map(({ userId }) => userId);
  return busy.length === 0 ? read : [...read, ...(await readMarksOf(db, busy))];
}

type ActionRow = [
  id: LoggedAction['id'],
  type: LoggedAction['type'],
  itemId: LoggedAction['itemId'],
  value: LoggedAction['value'],
  query: LoggedAction['query'],
  timestamp: LoggedAction['timestamp'],
  platform: LoggedAction['platform'],
  country: LoggedAction['country'],
];

const toAction = (
  userId: string,
  [id, type, itemId, value, query, timestamp, platform, country]: ActionRow,
): LoggedAction => ({ userId, id, type, itemId, value, query, timestamp, platform, country });

async function readMarksOf(db: D1Database, userIds: readonly string[]): Promise<LoggedAction[]> {
  const { results } = await db
    .prepare(
      `select ${ACTION_COLUMNS}, max(timestamp) from events
       where user_id in (select value from json_each(?1)) and ${IS_MARK}
       group by user_id, item_id, type`,
    )
    .bind(JSON.stringify(userIds))
    .all<LoggedAction>();
  return results;
}

/** One page of a database of the log in insertion order, after `sequence`. */
export async function readEventPage(
  db: D1Database,
  sequence: number,
  limit: number,
): Promise<(PlayerEvent & { sequence: number })[]> {
  const { results } = await db
    .prepare(`select sequence, ${EVENT_COLUMNS} from events where sequence > ?1 order by sequence limit ?2`)
    .bind(sequence, limit)
    .all<PlayerEvent & { sequence: number }>();
  return results;
}
