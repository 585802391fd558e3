// What D1 counts players by: what each did on the open days, and what holds of them. The sums of closed days name
// nobody and stay.

import { deletePlayerCounts, selectOpenDays } from '../storage/player-counts.ts';
import type { PersonalDataStore } from './store.ts';
import { openTableStore } from './table-store.ts';

const ROWS_PER_PAGE = 1_000;
const USERS = 'select value as user_id from json_each(?1)';
const TABLES = [
  {
    name: 'player_days',
    // By day and user: the key begins with the day.
    from: `(${selectOpenDays(USERS)}) cross join player_days using (day, user_id)`,
    time: 'last_at',
    key: ['day', 'user_id', 'item_id', 'type'],
  },
  { name: 'player_facts', time: 'max(acted_at, retracted_at)', key: ['user_id', 'item_id', 'type'] },
  { name: 'player_resets', time: 'reset_at', key: ['user_id'] },
];

export function openCountsStore(db: D1Database): PersonalDataStore {
  const tables = TABLES.map((table) =>
    openTableStore(db, { ...table, table: table.name, users: ['user_id'], rowsPerPage: ROWS_PER_PAGE }),
  );
  return {
    name: 'counts',
    async *readRows(userIds, until) {
      for (const { name, readRows } of tables)
        for await (const row of readRows(userIds, until)) yield { table: name, ...row };
    },
    async countRows(userIds, until) {
      let count = 0;
      for (const { countRows } of tables) count += await countRows(userIds, until);
      return count;
    },
    async eraseRows(userIds, until) {
      for (const userId of userIds) await db.batch(deletePlayerCounts(db, userId, until));
      return true;
    },
  };
}
