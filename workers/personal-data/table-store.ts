// Tables of D1 whose rows belong to one player each, in the log's databases and in the one with small data, which may
// be the first of them. No row belongs to two stores.

import type { PersonalDataStore } from './store.ts';

interface UserTable {
  /** The store's name in exports and receipts. */
  name: string;
  table: string;
  /** SQL of the users' rows, if an index finds them only through other tables. `?1`: the ids as JSON. */
  from?: string;
  /** Columns that hold a user's id. */
  users: readonly string[];
  /** SQL: the time that an erasure is compared with. */
  time: string;
  /** SQL condition for the rows; without it all rows. */
  which?: string;
  /** Columns that identify a row, in the order of an index. */
  key: readonly string[];
  rowsPerPage: number;
}

/** Rows of few columns; the others hold documents of some ten KB. */
const SMALL_ROWS_PER_PAGE = 1_000;
const DOCUMENTS_PER_PAGE = 20;

export const PREFERENCES: UserTable = {
  name: 'preferences',
  table: 'users',
  users: ['user_id'],
  which: 'preferences is not null',
  // Preferences have no time, so they are erased in any case.
  time: '0',
  key: ['user_id'],
  rowsPerPage: SMALL_ROWS_PER_PAGE,
};

export const LOG_TABLES: readonly UserTable[] = [
  {
    name: 'log',
    table: 'events',
    users: ['user_id'],
    // A clock that is ahead moves no event beyond its reception.
    time: 'min(timestamp, received_at)',
    key: ['user_id', 'id'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  // After the log: what is erased there cannot leave a mark here.
  {
    name: 'archived-marks',
    table: 'archived_marks',
    users: ['user_id'],
    time: 'timestamp',
    key: ['user_id', 'item_id', 'type'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  {
    name: 'last-seen',
    table: 'users',
    users: ['user_id'],
    which: 'preferences is null',
    time: 'last_event_at',
    key: ['user_id'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
];

export const USER_TABLES: readonly UserTable[] = [
  // Before the totals, which the job makes of them.
  {
    name: 'exposures',
    table: 'exposures',
    users: ['user_id'],
    time: 'at',
    key: ['row'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  {
    name: 'experiments',
    table: 'experiment_users',
    users: ['user_id'],
    // They may have been computed after the request, from events from before.
    time: '0',
    key: ['user_id', 'experiment_id'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  {
    name: 'unlogged',
    table: 'unlogged_users',
    users: ['user_id'],
    time: 'oldest_at',
    key: ['user_id'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  {
    name: 'gorse-users',
    table: 'gorse_users',
    users: ['user_id'],
    time: 'written_at',
    key: ['user_id'],
    rowsPerPage: SMALL_ROWS_PER_PAGE,
  },
  {
    name: 'batch-gallery',
    table: 'batch_galleries',
    users: ['user_id'],
    // A gallery computed after the request may be based on events from before.
    time: '0',
    key: ['user_id'],
    rowsPerPage: DOCUMENTS_PER_PAGE,
  },
];

/** Short transactions: the log is written meanwhile. */
const ROWS_PER_DELETE = 5_000;

export function openTableStore(
  db: D1Database,
  { name, table, from = table, users, time, which = 'true', key, rowsPerPage }: UserTable,
): PersonalDataStore {
  const isOwn = users.map((user) => `${user} in (select value from json_each(?1))`).join(' or ');
  const belongs = `(${isOwn}) and ${which} and ${time} <= ?2`;
  const columns = key.join(', ');
  return {
    name,
    async *readRows(userIds, until) {
      let after: string[] = [];
      for (;;) {
        const position =
          after.length === 0 ? '' : `and (${columns}) > (${after.map((_, at) => `?${at + 4}`).join(', ')})`;
        const { results } = await db
          .prepare(`select * from ${from} where ${belongs} ${position} order by ${columns} limit ?3`)
          .bind(JSON.stringify(userIds), until, rowsPerPage, ...after)
          .all<Record<string, string>>();
        yield* results;
        if (results.length < rowsPerPage) return;
        after = key.map((column) => results.at(-1)![column]!);
      }
    },
    async countRows(userIds, until) {
      const counted = db.prepare(`select count(*) as n from ${from} where ${belongs}`);
      return (await counted.bind(JSON.stringify(userIds), until).first<number>('n'))!;
    },
    async eraseRows(userIds, until) {
      const { meta } = await db
        .prepare(
          `delete from ${table} where (${columns}) in (
             select ${columns} from ${table} where ${belongs} limit ?3
           )`,
        )
        .bind(JSON.stringify(userIds), until, ROWS_PER_DELETE)
        .run();
      return meta.changes < ROWS_PER_DELETE;
    },
  };
}
