import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

const call = (path: string, init: RequestInit = {}, key = 'test-admin') =>
  exports.default.fetch(`http://edge${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers },
  });
const put = (itemId: string, fields: object) =>
  call(`/v1/items/${itemId}`, { method: 'PUT', body: JSON.stringify(fields) });
const cacheControlOf = async (path: string, key?: string) => (await call(path, {}, key)).headers.get('cache-control');

it('lets nobody keep personal answers, operators’ answers and problems', async () => {
  for (const path of ['gallery', 'recommendations', 'search?q=x', 'signals', 'preferences', 'merges', 'export'])
    expect(await cacheControlOf(`/v1/users/ann/${path}`), path).toBe('private, no-store');
  for (const path of [
    '/v1/status',
    '/v1/metrics',
    '/metrics',
    '/v1/users',
    '/v1/rules',
    '/v1/subscriptions',
    '/health',
    '/nowhere',
  ])
    expect(await cacheControlOf(path), path).toBe('private, no-store');
  expect(await cacheControlOf('/v1/items', 'wrong')).toBe('private, no-store');
  expect(await cacheControlOf('/v1/items/nothing-like-it')).toBe('private, no-store');
  const posted = await call('/v1/events', { method: 'POST', body: JSON.stringify({ events: [{ id: '1' }] }) });
  expect([posted.status, posted.headers.get('cache-control')]).toEqual([202, 'private, no-store']);
});

it('lets clients keep lists, similar games and items for a while, and revalidate them', async () => {
  await put('iron-tide', { title: 'Iron Tide', genres: ['Strategy'] });
  await put('steel-tide', { title: 'Steel Tide', genres: ['Strategy'] });
  for (const path of [
    '/v1/items/popular',
    '/v1/items/new?expand=item',
    '/v1/items/iron-tide/similar',
    '/v1/items/iron-tide',
    '/v1/items',
  ]) {
    const first = await call(path);
    const { headers } = first;
    expect([first.status, headers.get('cache-control')], path).toEqual([
      200,
      expect.stringMatching(/^private, max-age=\d+$/),
    ]);
    expect(headers.get('cross-origin-resource-policy'), path).toBe('cross-origin');
    expect(headers.get('vary'), path).toContain('Authorization');
    const again = await call(path, { headers: { 'if-none-match': headers.get('etag')! } });
    expect([again.status, await again.text()], path).toEqual([304, '']);
    for (const name of ['etag', 'cache-control', 'vary'])
      expect(again.headers.get(name), `${path} ${name}`).toBe(headers.get(name));
    expect(again.headers.get('date'), path).not.toBeNull();
    const other = await call(path, { headers: { 'if-none-match': 'W/"another"' } });
    expect(other.status, path).toBe(200);
  }
  // An ETag does not replace a key.
  const etag = (await call('/v1/items/iron-tide')).headers.get('etag')!;
  expect((await call('/v1/items/iron-tide', { headers: { 'if-none-match': etag } }, 'wrong')).status).toBe(401);
});

it('changes the ETag with the list', async () => {
  const etagOf = async (path: string) => (await call(path)).headers.get('etag');
  const before = await etagOf('/v1/items/new');
  expect(await etagOf('/v1/items/new')).toBe(before);
  expect(await etagOf('/v1/items/new?n=1')).not.toBe(before);
  await put('coral-tide', { title: 'Coral Tide', genres: ['Strategy'] });
  expect(await etagOf('/v1/items/new')).not.toBe(before);
});

it('makes clients revalidate the API document', async () => {
  const { headers } = await call('/openapi.json');
  expect(headers.get('cache-control')).toBe('public, no-cache');
  const again = await call('/openapi.json', { headers: { 'if-none-match': headers.get('etag')! } });
  expect(again.status).toBe(304);
});
