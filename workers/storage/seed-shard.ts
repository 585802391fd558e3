// Gives a new database of the log the list of erased players before anything is written to it, so that it also rejects
// events from before their erasure. Later erasures are written to every database.

import { copyErasedUsers, hasUserKey, openUserHash, writeUserKey } from './erased-users.ts';

/** Databases that this isolate knows to have the list. */
const seeded = new WeakSet<D1Database>();

/** `db` has every erasure, and may be the same database. Idempotent; two calls may run at once. */
export async function seedShard(db: D1Database, shard: D1Database): Promise<void> {
  if (seeded.has(shard)) return;
  // Creates the key if `db` has none; if both are one database, it then has the key.
  await openUserHash(db);
  if (!(await hasUserKey(shard))) {
    await copyErasedUsers(db, shard);
    // Last, because it marks the list as complete.
    await writeUserKey(db, shard);
  }
  seeded.add(shard);
}
