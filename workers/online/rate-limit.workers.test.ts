import { createExecutionContext, env } from 'cloudflare:test';
import { beforeEach, expect, it, vi } from 'vitest';
import { KEYS_MAX } from '../../models/contracts/key.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { FAILING_STORES } from '../../tests/failing-stores.ts';
import { hashKey } from '../credentials/key-digest.ts';
import { gorse } from '../gorse/app.ts';
import { isolate } from '../serving/isolate.ts';
import { insertKey } from '../storage/keys.ts';
import { app } from './app.ts';
import { makeKey } from './make-key.ts';
import { signToken } from './player-token.ts';

const LIMIT = 3;
const SETTINGS = {
  ...env,
  PLAYER_REQUESTS_PER_MINUTE: String(LIMIT),
  ADDRESS_REQUESTS_PER_MINUTE: String(LIMIT),
};

const WINDOW_MS = 60_000;
/** More than a test takes on a busy machine. */
const TEST_MS = 15_000;
// The local limiter counts by minutes of the clock: a minute that ended during a test would admit a refused caller.
beforeEach(async () => {
  const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (leftMs < TEST_MS) await scheduler.wait(leftMs);
});

const callGorse = async (path: string, headers: Record<string, string>) =>
  gorse.fetch(new Request(`http://edge${path}`, { headers }), SETTINGS, createExecutionContext());

interface Call {
  method?: string;
  bearer?: string;
  address?: string;
  origin?: string;
  body?: object;
  settings?: Env;
}

async function call(path: string, { method = 'GET', bearer, address, origin, body, settings = SETTINGS }: Call) {
  const headers = new Headers({ 'content-type': 'application/json', 'accept-language': 'en' });
  if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer}`);
  if (address !== undefined) headers.set('cf-connecting-ip', address);
  if (origin !== undefined) headers.set('origin', origin);
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  return app.fetch(new Request(`http://edge${path}`, init), settings, createExecutionContext());
}

/** Calls until the first 429. */
async function callUntilRefused(path: string, options: Call, limit = LIMIT): Promise<[Response, number]> {
  for (let admitted = 0; admitted <= limit; admitted++) {
    const response = await call(path, options);
    if (response.status === 429) return [response, admitted];
    await response.body?.cancel();
  }
  throw new Error(`${path} was never refused`);
}

async function mint(userId: string): Promise<string> {
  return (await signToken(userId, 3_600, env, Date.now()))!.token;
}

it('refuses a player who calls too often, says when to come back, and leaves other players alone', async () => {
  const [ann, bob] = [await mint('limited-ann'), await mint('limited-bob')];
  const first = await call('/v1/items/popular', { bearer: ann });
  expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, `"player";q=${LIMIT};w=60`]);
  expect(first.headers.get('ratelimit')).toBeNull();

  const origin = 'https://game.example';
  const [refused, admitted] = await callUntilRefused('/v1/users/me/gallery', { bearer: ann, origin });
  expect(admitted).toBeGreaterThanOrEqual(LIMIT - 1);
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'content-type': 'application/problem+json',
    'ratelimit-policy': `"player";q=${LIMIT};w=60`,
    ratelimit: '"player";r=0;t=60',
    'retry-after': '60',
    'access-control-allow-origin': origin,
    'cache-control': 'private, no-store',
  });
  for (const header of ['ratelimit', 'ratelimit-policy', 'retry-after'])
    expect(refused.headers.get('access-control-expose-headers')!.split(', ')).toContain(header);
  expect((await refused.json()) as Problem).toMatchObject({
    type: '/docs#problem-rate-limited',
    status: 429,
    detail: expect.stringContaining(`${LIMIT} a minute`),
  });
  expect((await call('/v1/items/popular', { bearer: bob })).status).toBe(200);
});

it('refuses a body before it reads it', async () => {
  const bearer = await mint('limited-cleo');
  await callUntilRefused('/v1/users/me/gallery', { bearer });
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new TextEncoder().encode(' '));
    },
  });
  const request = new Request('http://edge/v1/events', {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body,
    duplex: 'half',
  } as RequestInit);
  expect((await app.fetch(request, SETTINGS, createExecutionContext())).status).toBe(429);
  expect(pulled).toBeLessThan(5);
});

it('holds a key to its own limit', async () => {
  const { keyId, key } = makeKey();
  const fields = { name: 'game', scopes: ['read' as const], createdAt: new Date().toISOString(), createdBy: 'test' };
  const stored = { ...fields, keyId, hash: await hashKey(key), expiresAt: null, origins: null, ratePerMinute: LIMIT };
  await insertKey(env.DB, stored, KEYS_MAX);
  await isolate.state.publish(env, Date.now(), () => {});
  const [refused, admitted] = await callUntilRefused('/v1/items/popular', { bearer: key });
  expect(admitted).toBeGreaterThanOrEqual(LIMIT);
  expect(refused.headers.get('ratelimit-policy')).toBe(`"key";q=${LIMIT};w=60`);
  // gorse's clients send the same key.
  const answer = await callGorse('/api/popular', { 'x-api-key': key });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '60']);
  // The keys of the first start are generous.
  const own = await call('/v1/items/popular', { bearer: 'test-read' });
  expect([own.status, own.headers.get('ratelimit-policy')]).toEqual([200, '"key";q=600000;w=60']);
});

it('limits requests without a valid key or token by their address', async () => {
  const address = '192.0.2.1';
  await callUntilRefused('/health', { address });
  // So keys cannot be guessed at any rate either.
  expect((await call('/v1/items/popular', { bearer: 'guessed', address })).status).toBe(429);
  const other = await call('/v1/items/popular', { bearer: 'guessed', address: '192.0.2.2' });
  expect([other.status, other.headers.get('ratelimit-policy')]).toEqual([401, `"address";q=${LIMIT};w=60`]);
  // One subscriber has a whole /64.
  await callUntilRefused('/health', { address: '2001:db8::1' });
  expect((await call('/health', { address: '2001:db8::ffff' })).status).toBe(429);
  expect((await call('/health', { address: '2001:db8:0:1::1' })).status).toBe(200);
});

it('limits by address the API document, unknown routes and methods, and gorse without a key', async () => {
  const cases: [address: string, path: string, method: string, status: number][] = [
    ['192.0.2.7', '/openapi.json', 'GET', 200],
    ['192.0.2.8', '/v1/nowhere', 'GET', 404],
    ['192.0.2.9', '/v1/events', 'DELETE', 405],
  ];
  for (const [address, path, method, status] of cases) {
    const first = await call(path, { method, address });
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([status, `"address";q=${LIMIT};w=60`]);
    await callUntilRefused(path, { method, address });
    // Otherwise a page would not learn why its requests are refused.
    expect((await call(path, { method: 'OPTIONS', address })).status).toBe(path === '/v1/nowhere' ? 404 : 204);
    expect((await call('/health', { address })).status).toBe(429);
  }
  const address = '192.0.2.10';
  await callUntilRefused('/health', { address });
  for (const [path, key] of [
    ['/api/popular', undefined],
    ['/api/nowhere', 'test-read'],
    ['/api/measurements/ndcg', 'test-read'],
  ] as const) {
    const answer = await callGorse(path, { 'cf-connecting-ip': address, ...(key && { 'x-api-key': key }) });
    expect(answer.status, path).toBe(429);
  }
});

it('builds the API document once', async () => {
  const build = vi.spyOn(app, 'getOpenAPI31Document');
  const texts = await Promise.all(
    [1, 2].map(async (n) => (await call('/openapi.json', { address: `198.51.100.${n}` })).text()),
  );
  expect(texts[0]).toBe(texts[1]);
  expect(build.mock.calls.length).toBeLessThanOrEqual(1);
  build.mockRestore();
});

it('limits by address those whose key cannot be checked, and answers while a setting is wrong', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const settings = { ...SETTINGS, ...FAILING_STORES };
  const address = '192.0.2.5';
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
  try {
    expect((await call('/v1/items/popular', { bearer: makeKey().key, address, settings })).status).toBe(503);
    await callUntilRefused('/v1/items/popular', { bearer: makeKey().key, address, settings });
    const wrong = { ...SETTINGS, ADDRESS_REQUESTS_PER_MINUTE: '0' };
    expect((await call('/health', { address: '192.0.2.6', settings: wrong })).status).toBe(200);
    expect(log.mock.calls.flat().join()).toContain('ADDRESS_REQUESTS_PER_MINUTE in wrangler.toml is “0”');
  } finally {
    vi.useRealTimers();
    log.mockRestore();
  }
});

it('limits new guests by address, and exports and erasures by guests too', async () => {
  const settings = { ...env, GUESTS_PER_MINUTE: '2', PERSONAL_DATA_PER_MINUTE: '2' };
  const address = '192.0.2.3';
  const [refused] = await callUntilRefused('/v1/guests', { method: 'POST', address, settings }, 2);
  expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=300;w=60, "guests";q=2;w=60');
  expect(refused.headers.get('ratelimit')).toBe('"guests";r=0;t=60');
  expect((await call('/v1/guests', { method: 'POST', address: '192.0.2.4', settings })).status).toBe(201);

  // Each time as another guest: the address is what they share.
  let status = 0;
  for (let guest = 0; guest <= 2 && status !== 429; guest++) {
    const bearer = await mint(`guest:${guest}`);
    const method = guest % 2 === 0 ? 'DELETE' : 'GET';
    const path = guest % 2 === 0 ? '/v1/users/me' : '/v1/users/me/export';
    const response = await call(path, { method, bearer, address, settings });
    status = response.status;
    await response.text();
  }
  expect(status).toBe(429);
  const player = { bearer: await mint('limited-dan'), address, settings };
  const answer = await call('/v1/users/me/export', player);
  expect(answer.status).toBe(200);
  await answer.text();
  expect((await callUntilRefused('/v1/users/me/export', player, 2))[0].headers.get('ratelimit')).toBe(
    '"personal-data";r=0;t=60',
  );
});

it('describes the limits of every operation in the API document', async () => {
  const document = (await (await call('/openapi.json', {})).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, { headers?: object }> }>>;
  };
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(30);
  for (const { responses } of operations) {
    expect(Object.keys(responses['429']!.headers!)).toEqual(['RateLimit-Policy', 'RateLimit', 'Retry-After']);
    const success = Object.entries(responses).find(([status]) => status.startsWith('2'))![1];
    expect(success.headers).toHaveProperty('RateLimit-Policy');
  }
});
