// The merges of a player's guests in D1.

import type { PersonalDataStore } from './store.ts';
import { openTableStore } from './table-store.ts';

export const openMergeStore = (db: D1Database): PersonalDataStore =>
  openTableStore(db, {
    name: 'merges',
    table: 'merges',
    users: ['from_user_id', 'to_user_id'],
    time: 'merged_at',
    key: ['from_user_id'],
    rowsPerPage: 1_000,
  });
