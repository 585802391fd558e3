import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { migrateLogShards } from '../../tests/migrate-log-shards.ts';
import { readErasedAt } from './erased-users.ts';
import { beginErasure, readErasureUsers } from './erasures.ts';
import { insertEvents } from './events.ts';
import { seedShard } from './seed-shard.ts';

beforeAll(migrateLogShards);

const NOW = Date.now();
const { DB, LOG_0, TEST_LOG_1: LOG_1, TEST_LOG_2: LOG_2 } = env;
const insert = (database: D1Database, userId: string, timestamp: number) =>
  insertEvents(database, [makeEvent(userId, 'play', 'g', timestamp, { id: `${timestamp}` })]);

it('refuses in a new database what players did before they were erased, and in all of them from then on', async () => {
  // The database of small data is the first of the log.
  await seedShard(DB, LOG_0);
  await beginErasure(DB, [LOG_0], 'gone', NOW);
  await Promise.all([seedShard(DB, LOG_1), seedShard(DB, LOG_1)]);
  for (const database of [LOG_0, LOG_1]) {
    expect(await insert(database, 'gone', NOW)).toBe(0);
    expect(await insert(database, 'gone', NOW + 1)).toBe(1);
    expect(await insert(database, 'stays', NOW)).toBe(1);
  }
  const later = await beginErasure(DB, [LOG_0, LOG_1], 'later', NOW);
  for (const database of [LOG_0, LOG_1])
    expect(await readErasedAt(database, ['later', 'stays'])).toEqual(new Map([['later', NOW]]));
  // A database added while an erasure runs gets it from the next run.
  expect(await readErasureUsers(DB, [LOG_0, LOG_1, LOG_2], later)).toEqual(['later']);
  expect(await insert(LOG_2, 'later', NOW)).toBe(0);
  expect(await insert(LOG_2, 'gone', NOW)).toBe(0);
});
