// The merges of a player's guests in D1.

import type { PersonalDataStore } from './store.ts';
import { openTableStore } from './table-store.ts';

const IS_OWN = 'from_user_id in (select value from json_each(?1)) or to_user_id in (select value from json_each(?1))';

export const openMergeStore = (db: D1Database): PersonalDataStore => ({
  ...openTableStore(db, {
    name: 'merges',
    table: 'merges',
    users: ['from_user_id', 'to_user_id'],
    time: 'merged_at',
    key: ['from_user_id'],
    rowsPerPage: 1_000,
  }),
  async eraseRows(userIds, until) {
    await db.batch(
      [
        // The last row stays without a name: the export goes on after its number, which must not be given again.
        `update merges set from_user_id = 'erased-' || lower(hex(randomblob(16))), to_user_id = 'erased'
         where (${IS_OWN}) and merged_at <= ?2 and rowid = (select max(rowid) from merges)`,
        `delete from merges where (${IS_OWN}) and merged_at <= ?2`,
      ].map((sql) => db.prepare(sql).bind(JSON.stringify(userIds), until)),
    );
    return true;
  },
});
