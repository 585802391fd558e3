import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { AUDIT_STATE_BYTES_MAX, type AuditEntry } from '../../models/contracts/audit.ts';
import type { NewKey } from '../../models/contracts/key.ts';
import { beginAuditEntry, endAuditEntry, listAuditEntries } from '../storage/audit-log.ts';
import { type AuditLog, recordChange } from './audit.ts';
import { omitPlayers } from './parameters.ts';
import { ProblemError } from './problems.ts';

async function call<T = unknown>(method: string, path: string, body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
}
/** In toMatchObject, an empty object would match every object. */
const NONE = expect.toSatisfy((ids: object) => Object.keys(ids).length === 0);

const readLog = async (query = '?limit=100') =>
  (await call<{ entries: AuditEntry[]; cursor: number | null }>('GET', `/v1/audit-log${query}`)).body;
/** The newest entry. */
const last = async () => (await readLog('?limit=1')).entries[0]!;

it('records the key, the route, and the resource before and after each change', async () => {
  const started = Date.now();
  await call('PUT', '/v1/items/audited', { title: 'One', price: 10 });
  expect(await last()).toMatchObject({
    keyId: 'ADMIN_KEY-1',
    method: 'PUT',
    path: '/v1/items/{itemId}',
    ids: { itemId: 'audited' },
    status: 200,
    before: null,
    after: { itemId: 'audited', title: 'One', price: 10 },
  });
  expect(Date.parse((await last()).at)).toBeGreaterThanOrEqual(started);
  await call('PATCH', '/v1/items/audited', { price: 5, hidden: true }, 'test-admin-next');
  expect(await last()).toMatchObject({ keyId: 'ADMIN_KEY-2', before: { price: 10 }, after: { price: 5 } });
  await call('POST', '/v1/items', {
    items: [
      { itemId: 'audited', title: 'Two' },
      { itemId: 'other', title: 'O' },
    ],
  });
  const bulk = await last();
  expect(bulk).toMatchObject({ path: '/v1/items', ids: NONE, before: [{ itemId: 'audited', hidden: true }] });
  expect(bulk.after).toMatchObject([{ title: 'Two' }, { title: 'O' }]);
  await call('DELETE', '/v1/items/audited');
  expect(await last()).toMatchObject({ method: 'DELETE', status: 204, before: { title: 'Two' }, after: null });

  const rule = { action: 'exclude', match: { itemIds: ['audited'] } };
  const { body: created } = await call<{ ruleId: string }>('POST', '/v1/rules', rule);
  expect(await last()).toMatchObject({ path: '/v1/rules', status: 201, before: null, after: created });
  const path = `/v1/rules/${created.ruleId}`;
  await call('PUT', path, { ...rule, action: 'bury' });
  expect(await last()).toMatchObject({ before: { action: 'exclude' }, after: { action: 'bury' } });
  await call('DELETE', path);
  expect(await last()).toMatchObject({ ids: { ruleId: created.ruleId }, before: { action: 'bury' }, after: null });
});

it('records attempts that were refused, and none that lack the scope', async () => {
  await call('DELETE', '/v1/rules/nothing-like-it');
  expect(await last()).toMatchObject({ ids: { ruleId: 'nothing-like-it' }, status: 404, before: null, after: null });
  const { entryId } = await last();
  for (const key of ['test-read', 'test-ingest', 'wrong']) await call('DELETE', '/v1/rules/x', undefined, key);
  await call('POST', '/v1/events', { events: [{ id: '1', userId: 'ann', type: 'search', query: 'x' }] });
  expect((await last()).entryId).toBe(entryId);
  expect((await call('GET', '/v1/audit-log', undefined, 'test-read')).status).toBe(403);
});

it('records who merged accounts, but no merge of a guest', async () => {
  await call('POST', '/v1/users/ann/merge', { from: 'guest:of-ann' }, 'test-ingest');
  expect((await last()).path).not.toBe('/v1/users/{userId}/merge');
  await call('POST', '/v1/users/ann/merge', { from: 'ann-elsewhere' });
  expect(await last()).toMatchObject({ path: '/v1/users/{userId}/merge', ids: NONE, status: 200, after: null });
  const { entryId } = await last();
  // Refused without an entry: a key that may not merge accounts must not push older entries out of the log.
  expect((await call('POST', '/v1/users/ann/merge', { from: 'somebody' }, 'test-ingest')).status).toBe(403);
  expect((await last()).entryId).toBe(entryId);
});

it('shows no secret and names no player', async () => {
  const { key, keyId } = (await call<NewKey>('POST', '/v1/keys', { name: 'game', scopes: ['read'] })).body;
  await call('DELETE', `/v1/keys/${keyId}`);
  expect(await last()).toMatchObject({ ids: { keyId }, before: { keyId, name: 'game' } });
  const hook = { url: 'https://example.com/hook', events: ['job.failed'] };
  const { secret } = (await call<{ secret: string }>('POST', '/v1/subscriptions', hook)).body;
  expect(await last()).toMatchObject({ path: '/v1/subscriptions', after: { url: hook.url } });
  const { erasureId } = (await call<{ erasureId: string }>('DELETE', '/v1/users/erased-player')).body;
  expect(await last()).toMatchObject({ path: '/v1/users/{userId}', ids: NONE, after: { erasureId } });
  await call('DELETE', '/v1/users/ann/merges/parted-player');
  expect(await last()).toMatchObject({ path: '/v1/users/{userId}/merges/{guestId}', ids: NONE, status: 404 });
  const stored = JSON.stringify((await env.DB.prepare('select * from audit_log').all()).results);
  expect(stored).toContain(keyId);
  for (const hidden of [key, key.slice(-43), secret, 'erased-player', 'ann-elsewhere', 'parted-player'])
    expect(stored).not.toContain(hidden);
  // A new parameter belongs here, or in PLAYER_PARAMS.
  type Parameters = { parameters?: { name: string; in: string }[] };
  const { paths } = (await call<{ paths: Record<string, Record<string, Parameters>> }>('GET', '/openapi.json')).body;
  const params = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ parameters = [] }) => parameters.filter((one) => one.in === 'path').map(({ name }) => [name, 'x']));
  const kept = Object.keys(omitPlayers(Object.fromEntries(params)));
  expect(kept.toSorted()).toEqual([
    ...['alertId', 'erasureId', 'experimentId', 'issuerId', 'itemId', 'job', 'key', 'keyId', 'letterId', 'ruleId'],
    ...['subscriptionId', 'version'],
  ]);
});

it('strips the guests whom entries of an earlier version named', async () => {
  const path = '/v1/users/{userId}/merges/{guestId}';
  await beginAuditEntry(env.DB, { keyId: 'k', method: 'DELETE', path, ids: { guestId: 'g' }, before: null }, 0);
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name.endsWith('_strip_guests.sql'))!;
  for (const query of migration.queries) await env.DB.prepare(query).run();
  const { path: stripped, ids } = await last();
  expect([stripped, ids]).toEqual([path, {}]);
});

it('pages from the newest to the oldest, and keeps the newest alone', async () => {
  await env.DB.exec('delete from audit_log');
  const change = { keyId: 'k', method: 'PUT', path: '/p', ids: {}, before: null };
  for (let n = 0; n < 7; n++) await beginAuditEntry(env.DB, { ...change, ids: { n: `${n}` } }, n, 5);
  const first = await readLog('?limit=3');
  const second = await readLog(`?limit=3&cursor=${first.cursor}`);
  expect([...first.entries, ...second.entries].map(({ ids }) => ids.n)).toEqual(['6', '5', '4', '3', '2']);
  expect(second.cursor).toBeNull();
});

it('cuts long states at a whole character', async () => {
  const change = { keyId: 'k', method: 'PUT', path: '/p', ids: {} };
  const entryId = await beginAuditEntry(env.DB, { ...change, before: { text: '😀'.repeat(5_000) } }, 0);
  await endAuditEntry(env.DB, entryId, { status: 200, after: { text: 'short' } });
  const [{ before, after }] = (await listAuditEntries(env.DB, entryId + 1, 1)) as [AuditEntry];
  expect(before).toMatch(/^\{"text":"(😀)+$/u);
  expect(new TextEncoder().encode(before as string).length).toBeGreaterThan(AUDIT_STATE_BYTES_MAX - 4);
  expect(new TextEncoder().encode(before as string).length).toBeLessThanOrEqual(AUDIT_STATE_BYTES_MAX);
  expect(after).toEqual({ text: 'short' });
});

const change = {
  keyId: 'k',
  method: 'PUT',
  path: '/p',
  ids: {},
  status: 200,
  readBefore: async (): Promise<unknown> => ({ n: 1 }),
  readAfter: () => ({ n: 2 }),
};
const log: AuditLog = {
  begin: (entry) => beginAuditEntry(env.DB, entry, 0),
  end: (entryId, outcome) => endAuditEntry(env.DB, entryId, outcome),
};

it('makes no change without an entry', async () => {
  let made = 0;
  const make = () => ++made;
  const fail = () => Promise.reject(new Error('D1 is down'));
  const down = { ...log, begin: fail };
  await expect(recordChange(down, { ...change, make })).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(recordChange(log, { ...change, readBefore: fail, make })).rejects.toMatchObject({ kind: 'unavailable' });
  expect(made).toBe(0);
  // The change is made, and the entry shows an unknown outcome.
  expect(await recordChange({ ...log, end: down.begin }, { ...change, make })).toBe(1);
  expect(await last()).toMatchObject({ status: null, before: { n: 1 }, after: null });
});

it('records the status of a change that fails', async () => {
  const fail = (error: Error) => recordChange(log, { ...change, make: () => Promise.reject(error) });
  await expect(fail(new ProblemError('conflict'))).rejects.toMatchObject({ kind: 'conflict' });
  expect(await last()).toMatchObject({ status: 409, after: null });
  await expect(fail(new Error('bug'))).rejects.toThrow('bug');
  expect(await last()).toMatchObject({ status: 500 });
});

it('a change that was made is answered as made, even if its state cannot be described', async () => {
  const log: AuditLog = { begin: async () => 1, end: async () => {} };
  const change = { keyId: 'k', method: 'PUT', path: '/v1/items/{itemId}', ids: {}, status: 200 };
  const readAfter = () => {
    throw new Error('a bug');
  };
  const make = async () => 'made';
  expect(await recordChange(log, { ...change, readBefore: async () => null, make, readAfter })).toBe('made');
});
