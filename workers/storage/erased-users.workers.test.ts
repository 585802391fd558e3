// What an erased player did before the erasure is not written again; what they do afterwards is.

import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { insertErasedUsers, openUserHash, readErasedAt } from './erased-users.ts';
import { insertEvents } from './events.ts';

const ERASED_AT = 1_000_000;
const erase = async (userId: string, at = ERASED_AT) =>
  insertErasedUsers(env.DB, [(await openUserHash(env.DB))(userId)], at).run();
const logOf = (userId: string) =>
  env.DB.prepare('select id from events where user_id = ?1 order by id').bind(userId).raw();

it('drops events from before the erasure, imported ones included, and accepts later ones', async () => {
  await erase('ann');
  const event = (id: string, timestamp: number, receivedAt: number) =>
    makeEvent('ann', 'play', 'g', timestamp, { id, receivedAt });
  const inserted = await insertEvents(env.DB, [
    event('at', ERASED_AT, ERASED_AT),
    event('imported', ERASED_AT - 1, ERASED_AT + 500),
    event('clock-ahead', ERASED_AT + 100, ERASED_AT - 1),
    makeEvent('bob', 'play', 'g', ERASED_AT - 1, { id: 'other' }),
  ]);
  expect(inserted).toBe(1);
  expect(await logOf('ann')).toEqual([]);
  expect(await env.DB.prepare('select user_id from users').raw()).toEqual([['bob']]);

  expect(await insertEvents(env.DB, [event('anew', ERASED_AT + 1, ERASED_AT + 2)])).toBe(1);
  expect(await logOf('ann')).toEqual([['anew']]);
  expect(await env.DB.prepare("select last_event_at from users where user_id = 'ann'").raw()).toEqual([
    [ERASED_AT + 1],
  ]);
});

it('drops the events of a write that began before the erasure', async () => {
  // The erasure happens just before the transaction of the write.
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name).bind(target);
      return async (statements: D1PreparedStatement[]) => {
        await erase('cleo');
        return target.batch(statements);
      };
    },
  });
  expect(await insertEvents(db, [makeEvent('cleo', 'play', 'g', ERASED_AT)])).toBe(0);
  expect(await logOf('cleo')).toEqual([]);
});

it('names nobody, and keeps the latest erasure of each', async () => {
  await erase('dora', 5);
  await erase('dora', 9);
  await erase('dora', 7);
  expect(await readErasedAt(env.DB, ['dora', 'emil'])).toEqual(new Map([['dora', 9]]));
  const rows = await env.DB.prepare('select * from erased_users').all();
  expect(JSON.stringify(rows.results)).not.toContain('dora');
});
