import { env, exports } from 'cloudflare:workers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { KEYS_MAX, type Key, type NewKey, readKeyId } from '../../models/contracts/key.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { FAILING_STORES } from '../../tests/failing-stores.ts';
import { forgetHere, publishHere } from '../../tests/publish-here.ts';
import { digestKey, hashKey } from '../credentials/key-digest.ts';
import { DELETED_MAX_MS, UNREAD_MAX_MS } from '../credentials/trusted-read.ts';
import { Isolate } from '../serving/isolate.ts';
import { deleteKey, insertKey } from '../storage/keys.ts';
import { publishState } from '../storage/publish-state.ts';
import { makeKey } from './make-key.ts';
import { findStoredKey, type ReadKeys } from './stored-keys.ts';

type Answer = Problem & NewKey & { keys: Key[] };

async function call(method: string, path: string, body?: object, { key = 'test-admin', origin = '' } = {}) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      ...(origin === '' ? {} : { origin }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer, headers: response.headers };
}
const create = async (fields: object = {}) => {
  const created = await call('POST', '/v1/keys', { name: 'game', scopes: ['read'], ...fields });
  expect(created.status).toBe(201);
  return created.body;
};
const statusOf = async (key: string, origin = '') =>
  (await call('GET', '/v1/items/popular', undefined, { key, origin })).status;

it('creates a key that opens its scopes, shows it once, and stores only its digest', async () => {
  const created = await call('POST', '/v1/keys', { name: ' game ', scopes: ['read', 'ingest', 'read'] });
  const { key, keyId } = created.body;
  expect(key).toMatch(new RegExp(`^bloodstream_${keyId}_[\\w-]{43}$`));
  expect(created.body).toMatchObject({ name: 'game', scopes: ['ingest', 'read'], createdBy: 'ADMIN_KEY-1' });
  expect(created.body).toMatchObject({ expiresAt: null, origins: null, ratePerMinute: null });
  expect(created.headers.get('location')).toBe(`/v1/keys/${keyId}`);
  expect(created.headers.get('cache-control')).toBe('no-store');

  expect(await statusOf(key)).toBe(200);
  const event = { id: '1', userId: 'ann', type: 'search', query: 'x' };
  expect((await call('POST', '/v1/events', { events: [event] }, { key })).status).toBe(202);
  expect((await call('GET', '/v1/keys', undefined, { key })).status).toBe(403);
  expect((await call('POST', '/v1/keys', { name: 'more', scopes: ['admin'] }, { key })).status).toBe(403);

  const listed = await call('GET', '/v1/keys');
  const { key: _, ...shown } = created.body;
  expect(listed.body.keys).toEqual([shown]);
  const rows = JSON.stringify((await env.DB.prepare('select * from keys').all()).results);
  for (const text of [rows, JSON.stringify(listed.body)]) expect(text).not.toContain(key.slice(-43));
  await env.DB.exec('delete from keys');
});

it('hashes a key once a request', async () => {
  const { key } = await create();
  const digest = vi.spyOn(crypto.subtle, 'digest');
  try {
    expect(await statusOf(key)).toBe(200);
    const bytes = new TextEncoder().encode(key);
    const ofKey = digest.mock.calls.filter(([, data]) => Buffer.from(data as Uint8Array<ArrayBuffer>).equals(bytes));
    expect(ofKey).toHaveLength(1);
  } finally {
    digest.mockRestore();
    await env.DB.exec('delete from keys');
  }
});

it('refuses an altered, a revoked and an expired key', async () => {
  const { key, keyId } = await create();
  const altered = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
  for (const wrong of [altered, key.slice(0, -1), `${key}A`, key.replace(keyId, makeKey().keyId)])
    expect(await statusOf(wrong), wrong).toBe(401);
  expect((await call('DELETE', `/v1/keys/${keyId}`)).status).toBe(204);
  expect(await statusOf(key)).toBe(401);
  expect((await call('DELETE', `/v1/keys/${keyId}`)).status).toBe(404);

  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const passing = await create({ expiresAt: new Date(Date.now() + 4_000).toISOString() });
  expect(await statusOf(passing.key)).toBe(200);
  vi.setSystemTime(Date.now() + 4_000);
  expect(await statusOf(passing.key)).toBe(401);
  const { body } = await call('GET', '/v1/items/popular', undefined, { key: passing.key });
  expect(body.detail).toContain('expired');
});

it('refuses a key with origins from another origin', async () => {
  const { key } = await create({ origins: ['https://games.example', 'https://games.example'] });
  expect(await statusOf(key, 'https://games.example')).toBe(200);
  for (const origin of ['https://games.example.evil.example', 'http://games.example', 'null'])
    expect(await statusOf(key, origin), origin).toBe(403);
  const { headers } = await call('GET', '/v1/items/popular', undefined, { key, origin: 'https://games.example' });
  expect(headers.get('access-control-allow-origin')).toBe('https://games.example');
  // A server sends no origin.
  expect(await statusOf(key)).toBe(200);
});

it('refuses invalid keys and names the field', async () => {
  const cases: [fields: object, path: string][] = [
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['everything'] }, 'scopes.0'],
    [{ name: '' }, 'name'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ origins: ['https://games.example/path'] }, 'origins.0'],
    [{ origins: ['games.example'] }, 'origins.0'],
    [{ origins: [] }, 'origins'],
    [{ ratePerMinute: 0 }, 'ratePerMinute'],
    [{ ratePerMinute: 600_001 }, 'ratePerMinute'],
    [{ ratePerMinute: 1.5 }, 'ratePerMinute'],
  ];
  for (const [fields, path] of cases) {
    const { status, body } = await call('POST', '/v1/keys', { name: 'game', scopes: ['read'], ...fields });
    expect([status, body.errors?.[0]?.path], JSON.stringify(fields)).toEqual([400, path]);
  }
  expect((await call('DELETE', '/v1/keys/ADMIN_KEY-1')).status).toBe(400);
});

it('refuses a key beyond the limit', async () => {
  await env.DB.exec('delete from keys');
  await env.DB.prepare(
    `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?1)
     insert into keys (key_id, name, hash, scopes, created_at, created_by)
     select printf('%016x', n), 'filled', '00', '["read"]', 0, 'test' from numbers`,
  )
    .bind(KEYS_MAX - 1)
    .run();
  await create();
  const { status, body } = await call('POST', '/v1/keys', { name: 'game', scopes: ['read'] });
  expect([status, body.detail]).toEqual([409, expect.stringContaining(String(KEYS_MAX))]);
  await env.DB.exec('delete from keys');
});

const findKey = async (text: string, read: ReadKeys, now: number) =>
  findStoredKey({ text, digest: await digestKey(text) }, read, { origin: undefined, now });

/** A second isolate, which does not change the keys; its stores can be made to fail. */
function openIsolate() {
  const isolate = new Isolate();
  const use = (given: string, now: number, stores: Partial<Env> = {}) => {
    const read: ReadKeys = (limits) => isolate.state.getKeys({ ...env, ...stores }, now, () => {}, limits);
    return findKey(given, read, now);
  };
  return { use };
}
/** As another location does. */
const publish = (now: number) => publishState(env, now);

async function storeKey() {
  const { keyId, key } = makeKey();
  const stored = {
    keyId,
    name: 'game',
    scopes: ['read' as const],
    hash: await hashKey(key),
    createdAt: new Date().toISOString(),
    createdBy: 'test',
    expiresAt: null,
    origins: null,
    ratePerMinute: null,
  };
  await insertKey(env.DB, stored, KEYS_MAX);
  return key;
}

it('refuses a revoked key in every isolate within 30 seconds, and accepts a new one within two', async () => {
  const { use } = openIsolate();
  const key = await storeKey();
  const start = Date.now();
  await publishHere(env, start);
  expect(await use(key, start)).toMatchObject({ kind: 'key', scopes: ['read'] });
  const later = await storeKey();
  await publish(start + 1);
  expect(await use(later, start + 1_500)).toMatchObject({ kind: 'key' });
  await deleteKey(env.DB, readKeyId(key)!);
  await publish(start + 1_501);
  // In a busy isolate, some request finds the copy old and refreshes it behind its answer.
  let refusedAt: number | undefined;
  for (let now = start + 1_501; refusedAt === undefined && now < start + 60_000; now += 500)
    if ((await use(key, now)) === undefined) refusedAt = now;
  expect(refusedAt! - start).toBeLessThan(30_000);
  expect(refusedAt! - start).toBeGreaterThan(5_000);

  // An isolate without requests in between refreshes the copy before its answer.
  const quiet = openIsolate();
  expect(await quiet.use(later, start)).toBeDefined();
  await deleteKey(env.DB, readKeyId(later)!);
  await publish(start + 20_000);
  expect(await quiet.use(later, start + 60_000)).toBeUndefined();
});

it('waits for a slow R2 rather than accept a key that may have been deleted', async () => {
  const isolate = new Isolate();
  const get = (key: string) => new Promise((resolve) => setTimeout(resolve, 1_300)).then(() => env.BUCKET.get(key));
  const slow = { get } as unknown as R2Bucket;
  const openReader =
    (BUCKET: R2Bucket, now: number): ReadKeys =>
    (limits) =>
      isolate.state.getKeys({ ...env, BUCKET }, now, () => {}, limits);
  const key = await storeKey();
  const start = Date.now();
  await publishHere(env, start);
  const find = (read: ReadKeys, now: number) => findKey(key, read, now);
  expect(await find(openReader(env.BUCKET, start), start)).toBeDefined();
  // A wait that ends too early trusts keys of the last half minute, and no older ones.
  const { value } = await openReader(env.BUCKET, start)();
  const pending: ReadKeys = async () => ({ value, failure: 'no answer within 1000 ms', isPending: true });
  expect(await find(pending, start + DELETED_MAX_MS - 1_000)).toBeDefined();
  await expect(find(pending, start + DELETED_MAX_MS + 1_000)).rejects.toMatchObject({ kind: 'unavailable' });

  await deleteKey(env.DB, readKeyId(key)!);
  await publish(start + 1);
  expect(await find(openReader(slow, start + 300_000), start + 300_000)).toBeUndefined();
});

it('accepts known keys during an outage of R2 and D1, and answers that other keys cannot be checked', async () => {
  const { use } = openIsolate();
  const key = await storeKey();
  const start = Date.now();
  const other = await storeKey();
  await publish(start);
  await forgetHere();
  await expect(use(key, start - 60_000, FAILING_STORES)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await use(key, start)).toBeDefined();
  for (const afterMs of [5_000, 40_000, 120_000])
    expect(await use(key, start + afterMs, FAILING_STORES), `${afterMs}`).toBeDefined();
  const unknown = makeKey().key;
  await expect(use(unknown, start + 121_000, FAILING_STORES)).rejects.toMatchObject({ kind: 'unavailable' });
  // An altered key is refused even then.
  expect(
    await use(other.slice(0, -1) + (other.endsWith('A') ? 'B' : 'A'), start + 122_000, FAILING_STORES),
  ).toBeUndefined();
  await expect(use(key, start + UNREAD_MAX_MS + 1_000, FAILING_STORES)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await use(key, start + UNREAD_MAX_MS + 10_000)).toBeDefined();
  expect(await use(unknown, start + UNREAD_MAX_MS + 12_000)).toBeUndefined();
});

it('asks D1 for the keys while R2 is down, and R2 alone otherwise', async () => {
  const key = await storeKey();
  const start = Date.now();
  await publish(start);
  await forgetHere();
  expect(await openIsolate().use(key, start, { DB: FAILING_STORES.DB })).toBeDefined();
  await forgetHere();
  // Deleted while R2 is down, so not published either.
  await deleteKey(env.DB, readKeyId(key)!);
  expect(await openIsolate().use(key, start + 1, { BUCKET: FAILING_STORES.BUCKET })).toBeUndefined();
  // What a location has is enough to start with.
  const next = await storeKey();
  await publishHere(env, start + 2);
  expect(await openIsolate().use(next, start + 3, FAILING_STORES)).toBeDefined();
});

it('reads the state for unknown ids at most once a second, and D1 never', async () => {
  const isolate = new Isolate();
  let reads = 0;
  const get = (key: string) => {
    reads++;
    return env.BUCKET.get(key);
  };
  const start = Date.now();
  await publish(start);
  for (let request = 0; request < 100; request++) {
    const now = start + request * 20;
    const stores = { ...env, BUCKET: { get } as unknown as R2Bucket, DB: FAILING_STORES.DB };
    const read: ReadKeys = (limits) => isolate.state.getKeys(stores, now, () => {}, limits);
    expect(await findKey(makeKey().key, read, now)).toBeUndefined();
  }
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThanOrEqual(3);
});
