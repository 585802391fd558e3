import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Problem } from '../../models/contracts/problem.ts';
import { makeKeyCaller, makePlayerCaller } from '../../tests/caller.ts';
import { mayRead } from './cors.ts';

const ORIGIN = 'https://game.example';
const call = (path: string, init: RequestInit = {}) => exports.default.fetch(`http://edge${path}`, init);
const preflight = (path: string, method: string) =>
  call(path, {
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': method, 'access-control-request-headers': 'x' },
  });

interface Document {
  paths: Record<string, Record<string, object>>;
}

it('answers OPTIONS on every route, without a key, with the methods of the route', async () => {
  const { paths } = (await (await call('/openapi.json')).json()) as Document;
  const routes = Object.entries(paths);
  expect(routes.length).toBeGreaterThan(20);
  for (const [path, methods] of routes) {
    const options = await call(path.replaceAll(/\{\w+\}/g, 'some-id'), { method: 'OPTIONS' });
    expect([options.status, await options.text()], path).toEqual([204, '']);
    const allowed = options.headers.get('allow')!.split(', ');
    for (const method of [...Object.keys(methods), 'options']) expect(allowed, path).toContain(method.toUpperCase());
    expect(options.headers.get('access-control-allow-methods'), path).toBeNull();
  }
  expect((await call('/v1/nowhere', { method: 'OPTIONS' })).status).toBe(404);
});

it('answers preflights, so that a game in a page can send events and read its gallery', async () => {
  for (const [path, method] of [
    ['/v1/events', 'POST'],
    ['/v1/users/ann/gallery', 'GET'],
    ['/v1/users/ann/preferences', 'PUT'],
    ['/v1/users/ann', 'DELETE'],
  ] as const) {
    const { status, headers } = await preflight(path, method);
    expect(status, path).toBe(204);
    expect(headers.get('access-control-allow-origin'), path).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')!.split(', '), path).toContain(method);
    for (const name of ['authorization', 'content-type', 'content-encoding'])
      expect(headers.get('access-control-allow-headers')!.split(', '), path).toContain(name);
    expect(Number(headers.get('access-control-max-age')), path).toBeGreaterThanOrEqual(600);
    expect(headers.get('access-control-allow-credentials'), path).toBeNull();
  }
});

it('names the methods of a route to a request with another one', async () => {
  for (const [method, path, allow] of [
    ['DELETE', '/v1/events', 'POST, OPTIONS'],
    ['PUT', '/v1/status', 'GET, HEAD, OPTIONS'],
    ['POST', '/openapi.json', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/v1/items', 'POST, GET, HEAD, OPTIONS'],
  ] as const) {
    const response = await call(path, { method });
    expect([response.status, response.headers.get('allow')], path).toEqual([405, allow]);
    expect(response.headers.get('content-type'), path).toBe('application/problem+json');
    expect(await response.json<Problem>(), path).toMatchObject({ title: 'Method not allowed', status: 405 });
  }
  // A request for an unknown resource is a 404, not a wrong method.
  const headers = { authorization: 'Bearer test-admin' };
  expect((await call('/v1/items/nothing-like-it', { headers })).status).toBe(404);
  expect((await call('/v1/status', { method: 'HEAD', headers })).status).toBe(200);
});

it('lets other origins read public answers and problems, and withholds answers to a key of the store', async () => {
  const read = async (path: string, bearer?: string, origin = ORIGIN) => {
    const authorization = bearer === undefined ? undefined : { authorization: `Bearer ${bearer}` };
    const { status, headers } = await call(path, { headers: { origin, ...authorization } });
    expect(headers.get('vary'), path).toContain('Origin');
    return [status, headers.get('access-control-allow-origin')];
  };
  for (const path of ['/health', '/openapi.json', '/.well-known/jwks.json'])
    expect(await read(path), path).toEqual([200, ORIGIN]);
  // A client has to see that it must renew its token, and when to try again.
  expect(await read('/v1/items')).toEqual([401, ORIGIN]);
  expect(await read('/v1/nowhere')).toEqual([404, ORIGIN]);
  expect(await read('/v1/items', 'test-read')).toEqual([200, null]);
  expect(await read('/v1/items', 'test-ingest')).toEqual([403, null]);
  const { headers } = await call('/health', { headers: { origin: ORIGIN } });
  for (const name of ['date', 'retry-after', 'etag'])
    expect(headers.get('access-control-expose-headers')!.split(', ')).toContain(name);
});

it('lets a key be used from the origins of the setting and of the key, and a token from every origin', () => {
  const key = makeKeyCaller(['read']);
  expect(mayRead(ORIGIN, key, '')).toBe(false);
  expect(mayRead(ORIGIN, key, `https://other.example ${ORIGIN}`)).toBe(true);
  expect(mayRead(ORIGIN, key, '*')).toBe(true);
  expect(mayRead(ORIGIN, key, `${ORIGIN}:8443 ${ORIGIN}.evil.example`)).toBe(false);
  expect(mayRead(ORIGIN, { ...key, origins: [ORIGIN] }, '')).toBe(true);
  expect(mayRead('null', { ...key, origins: [ORIGIN] }, '')).toBe(false);
  expect(mayRead(ORIGIN, makePlayerCaller('ann'), '')).toBe(true);
  expect(mayRead(ORIGIN, undefined, '')).toBe(true);
});
