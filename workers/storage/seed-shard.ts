// Gives a new database of the log the list of erased players before anything is written to it, so that what they did
// before their erasure is refused there too. Erasures from then on are written to every database.

import { copyErasedUsers, hasUserKey, openUserHash, writeUserKey } from './erased-users.ts';

/** Those that this isolate knows to have the list. */
const seeded = new WeakSet<D1Database>();

/** `db` has every erasure, and may be the same database. May be repeated and run twice at once. */
export async function seedShard(db: D1Database, shard: D1Database): Promise<void> {
  if (seeded.has(shard)) return;
  // Makes the key the first time: then the same database has it.
  await openUserHash(db);
  if (!(await hasUserKey(shard))) {
    await copyErasedUsers(db, shard);
    // Last: it says that the list is there.
    await writeUserKey(db, shard);
  }
  seeded.add(shard);
}
