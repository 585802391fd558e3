// Players' tokens and guests through the API: who may make them, what they open and what they do not.

import { env, exports } from 'cloudflare:workers';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { expect, it, vi } from 'vitest';
import { makeTokenKey } from '../../scripts/local/make-token-key.ts';
import { importTokenKeys } from '../credentials/token-keys.ts';
import { LATE_EVENTS_MS } from '../nearline/merging.ts';
import { app } from './app.ts';
import { signToken, verifyToken } from './player-token.ts';

interface Token {
  userId: string;
  token: string;
  expiresAt: string;
}
type Answer = Record<string, never> & Token & { results: { status: string; reason?: string }[]; merged: string };

async function call(method: string, path: string, bearer?: string, body?: object) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  // Not text(), which warns about JSON lines.
  const text = Buffer.from(await response.arrayBuffer()).toString();
  const isJson = /\bjson$/.test(response.headers.get('content-type')?.split(';')[0] ?? '');
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Answer };
}
const mint = async (body: object, key = 'test-mint') => (await call('POST', '/v1/tokens', key, body)).body;
const becomeGuest = async () => (await call('POST', '/v1/guests')).body;
const readGallery = async (bearer: string) => (await call('GET', '/v1/users/me/gallery', bearer)).status;
const purchase = (id: string, more: object = {}) => ({ id, type: 'purchase', itemId: `game-${id}`, ...more });
const listOwned = async (userId: string) =>
  ((await call('GET', `/v1/users/${userId}/signals`, 'test-admin')).body as unknown as { owned: string[] }).owned;

it('makes tokens with the scope mint, which others can verify with the published keys', async () => {
  const before = Date.now();
  const made = await call('POST', '/v1/tokens', 'test-mint', { userId: 'ann' });
  expect(made).toMatchObject({ status: 201, body: { userId: 'ann' } });
  expect(made.headers.get('cache-control')).toContain('no-store');
  expect(Date.parse(made.body.expiresAt) - before).toBeGreaterThan(3_598_000);
  expect(Date.parse(made.body.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect(Date.parse((await mint({ userId: 'ann', expiresIn: 60 })).expiresAt) - before).toBeLessThan(62_000);

  const published = await call('GET', '/.well-known/jwks.json');
  expect(published.status).toBe(200);
  const jwks = published.body as unknown as JSONWebKeySet;
  expect(jwks.keys).toHaveLength(1);
  for (const key of jwks.keys) expect(Object.keys(key)).not.toContain('d');
  const verified = await jwtVerify(made.body.token, createLocalJWKSet(jwks), { issuer: 'bloodstream' });
  expect(verified.payload).toMatchObject({ sub: 'ann', aud: 'bloodstream' });

  for (const key of ['test-ingest', 'test-read', (await mint({ userId: 'ann' })).token])
    expect((await call('POST', '/v1/tokens', key, { userId: 'bob' })).status, key).toBe(403);
  expect((await call('POST', '/v1/tokens', undefined, { userId: 'bob' })).status).toBe(401);
  for (const body of [
    {},
    { userId: 'me' },
    { userId: 'a/b' },
    { userId: 'ann', expiresIn: 59 },
    { userId: 'ann', expiresIn: 86_401 },
    { userId: 'ann', expiresIn: 60.5 },
    { userId: 'ann', guest: true },
    { userId: 'guest:1', guest: false },
  ])
    expect((await call('POST', '/v1/tokens', 'test-mint', body)).status, JSON.stringify(body)).toBe(400);
});

it('refuses a token that was altered, that others signed, or that has expired', async () => {
  const now = Math.floor(Date.now() / 1000);
  const [key] = await importTokenKeys(env);
  const valid = { sub: 'ann', iss: 'bloodstream', aud: 'bloodstream', iat: now, exp: now + 60 };
  const sign = (claims: JWTPayload, header: object = {}, privateKey: CryptoKey | Uint8Array = key!.privateKey) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: key!.kid, typ: 'JWT', ...header }).sign(privateKey);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const [header, payload, signature] = (await sign(valid)).split('.') as [string, string, string];
  const [foreignKey] = await importTokenKeys({ TOKEN_KEY_0: makeTokenKey(0, 0) });
  const without = (claim: string) => Object.fromEntries(Object.entries(valid).filter(([name]) => name !== claim));
  const refused = {
    'another payload': `${header}.${encode({ ...valid, sub: 'bob' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'alg none': `${encode({ alg: 'none', kid: key!.kid, typ: 'JWT' })}.${payload}.AAAA`,
    'the public key as a secret': await sign(
      valid,
      { alg: 'HS256' },
      new TextEncoder().encode(key!.publicJwk.x!.padEnd(64, '=')),
    ),
    'an unknown key': await sign(valid, { kid: 'unknown' }, foreignKey!.privateKey),
    'another key under a known name': await sign(valid, {}, foreignKey!.privateKey),
    'a key in the header': await sign(valid, { jwk: foreignKey!.publicJwk }, foreignKey!.privateKey),
    'another kind of token': await sign(valid, { typ: 'logout+jwt' }),
    'another issuer': await sign({ ...valid, iss: 'elsewhere' }),
    'another audience': await sign({ ...valid, aud: 'elsewhere' }),
    expired: await sign({ ...valid, exp: now - 62 }),
    'not valid yet': await sign({ ...valid, nbf: now + 65 }),
    'no player': await sign(without('sub')),
    'no end': await sign(without('exp')),
    'no audience': await sign(without('aud')),
    'an id that stands for another': await sign({ ...valid, sub: 'me' }),
    'an id that is none': await sign({ ...valid, sub: 'a/b' }),
    'too long': await sign({ ...valid, more: 'x'.repeat(4_096) }),
  };
  for (const [reason, token] of Object.entries(refused)) expect(await readGallery(token), reason).toBe(401);
  const accepted = [
    await sign(valid),
    await sign({ ...valid, exp: now - 30 }),
    await sign({ ...valid, nbf: now + 30 }),
    await sign({ ...valid, more: 'x'.repeat(2_000) }),
  ];
  for (const token of accepted) expect(await readGallery(token)).toBe(200);
  const over = await call('GET', '/v1/users/me/gallery', refused.expired);
  expect(over.body).toMatchObject({ detail: expect.stringContaining('expired') });
});

it('changes keys without a gap: the newest key whose time has come signs, and both verify', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  const old = { TOKEN_KEY_0: makeTokenKey(0, 0) };
  const next = { ...old, TOKEN_KEY_1: makeTokenKey(1, seconds + 600) };
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid;
  const before = (await signToken('ann', 3_600, next, now))!.token;
  const after = (await signToken('ann', 3_600, next, now + 601_000))!.token;
  expect([kidOf(before).slice(0, 2), kidOf(after).slice(0, 2)]).toEqual(['0-', '1-']);
  // An isolate that does not have the new slot yet verifies tokens that are signed meanwhile.
  expect(await verifyToken(before, old, now)).toMatchObject({ ok: true, value: { userId: 'ann' } });
  for (const token of [before, after])
    expect(await verifyToken(token, next, now)).toMatchObject({ ok: true, value: { userId: 'ann' } });
  expect((await importTokenKeys(next)).map(({ kid }) => kid)).toEqual([kidOf(before), kidOf(after)]);

  // An invalid slot neither stops the other one nor shows its content in the log.
  const broken = { ...old, TOKEN_KEY_1: next.TOKEN_KEY_1.replace('Ed25519', 'Ed448') };
  expect((await verifyToken(before, broken, now)).ok).toBe(true);
  expect((await verifyToken(after, broken, now)).ok).toBe(false);
  const { d } = JSON.parse(next.TOKEN_KEY_1);
  expect(log.mock.calls.flat().join()).toContain('TOKEN_KEY_1');
  expect(log.mock.calls.flat().join()).not.toContain(d);
  log.mockRestore();

  const answer = await app.request(
    '/v1/tokens',
    {
      method: 'POST',
      headers: { authorization: 'Bearer test-mint', 'content-type': 'application/json' },
      body: '{"userId":"ann"}',
    },
    { ...env, TOKEN_KEY_0: '' },
  );
  expect([answer.status, await answer.json()]).toMatchObject([404, { detail: expect.stringContaining('TOKEN_KEY_0') }]);
});

/** Paths that a token opens; those with {userId} only for its own player. */
const OPEN = [
  'delete /v1/users/{userId}',
  'delete /v1/users/{userId}/merges/{guestId}',
  'get /v1/erasures/{erasureId}',
  'get /v1/items/best-rated',
  'get /v1/items/new',
  'get /v1/items/popular',
  'get /v1/items/trending',
  'get /v1/items/{itemId}/similar',
  'get /v1/users/{userId}/export',
  'get /v1/users/{userId}/gallery',
  'get /v1/users/{userId}/merges',
  'get /v1/users/{userId}/preferences',
  'get /v1/users/{userId}/recommendations',
  'get /v1/users/{userId}/search',
  'get /v1/users/{userId}/signals',
  'get /v1/users/{userId}/stream',
  // Only about the player themselves, who is named in the body: ofrep.workers.test.ts.
  'post /ofrep/v1/evaluate/flags',
  'post /ofrep/v1/evaluate/flags/{key}',
  'post /v1/events',
  'post /v1/tokens',
  'post /v1/users/{userId}/gallery',
  'post /v1/users/{userId}/merge',
  'put /v1/users/{userId}/preferences',
];
const PUBLIC = ['get /.well-known/jwks.json', 'get /health', 'post /v1/guests'];

it('opens its own player’s data and nothing else, on every route of the API', async () => {
  const { paths } = (await call('GET', '/openapi.json')).body as unknown as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method, path, route: `${method} ${path}` })),
  );
  const { token } = await mint({ userId: 'guarded' });
  const { token: guest } = await becomeGuest();
  const opened: string[] = [];
  for (const { method, path, route } of routes) {
    const named = path.replaceAll(/\{(?!userId)\w+\}/g, crypto.randomUUID());
    const ask = async (bearer: string, userId: string) =>
      (await call(method.toUpperCase(), named.replace('{userId}', userId), bearer)).status;
    if (PUBLIC.includes(route)) continue;
    // A guest's token may renew itself, other tokens may not.
    const status = await ask(path === '/v1/tokens' ? guest : token, 'me');
    if (status !== 403) opened.push(route);
    if (!path.includes('{userId}')) continue;
    for (const other of ['somebody', 'GUARDED', 'guarded2', 'me2', '%6D%65x'])
      expect(await ask(token, other), `${route} of ${other}`).toBe(403);
    if (OPEN.includes(route)) expect(await ask(token, 'guarded'), route).not.toBe(403);
  }
  expect(opened.toSorted()).toEqual(OPEN);
});

it('sends its player’s events, with or without the player’s id, and none of another player’s', async () => {
  const { token } = await mint({ userId: 'sender' });
  const sent = await call('POST', '/v1/events', token, {
    events: [purchase('1'), purchase('2', { userId: 'sender' }), purchase('3', { userId: null }), { id: 'x' }],
  });
  expect(sent.body.results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted', 'rejected']);
  const shown = await call('POST', '/v1/users/me/gallery', token, { events: [purchase('4'), purchase('1')] });
  expect(shown.body.results.map(({ status }) => status)).toEqual(['accepted', 'duplicate']);
  const owned = ['game-1', 'game-2', 'game-3', 'game-4'];
  expect((await listOwned('sender')).toSorted()).toEqual(owned);

  for (const path of ['/v1/events', '/v1/users/me/gallery'])
    for (const userId of ['victim', 'me', 7, ['sender']]) {
      const events = [purchase('5'), purchase('6', { userId })];
      expect((await call('POST', path, token, { events })).status, `${path} ${userId}`).toBe(403);
    }
  expect((await listOwned('sender')).toSorted()).toEqual(owned);
  expect(await listOwned('victim')).toEqual([]);

  // With a key, the event or the path names the player; "me" is not allowed.
  const byKey = { events: [purchase('1'), purchase('2', { userId: 'me' }), purchase('3', { userId: 'keyed' })] };
  const results = (await call('POST', '/v1/events', 'test-ingest', byKey)).body.results;
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'accepted']);
  expect(results[0]!.reason).toMatch(/^userId: /);
  const inPath = await call('POST', '/v1/users/keyed/gallery', 'test-admin', { events: [purchase('4')] });
  expect(inPath.body.results).toEqual([{ id: '4', status: 'accepted' }]);
  expect((await listOwned('keyed')).toSorted()).toEqual(['game-3', 'game-4']);
});

it('reads and changes its player’s data as `me`, and erases it', async () => {
  const { token } = await mint({ userId: 'owner' });
  await call('POST', '/v1/events', token, { events: [purchase('1')] });
  expect((await call('PUT', '/v1/users/me/preferences', token, { genres: ['Racing'] })).status).toBe(200);
  expect((await call('GET', '/v1/users/owner/preferences', 'test-read')).body).toMatchObject({ genres: ['Racing'] });
  expect((await call('GET', '/v1/users/me/signals', token)).body).toMatchObject({ owned: ['game-1'] });
  expect((await call('GET', '/v1/users/me/search?q=racing', token)).status).toBe(200);
  const lines = (await call('GET', '/v1/users/me/export', token)).body as unknown as string;
  expect(lines).toContain('game-1');
  const erased = await call('DELETE', '/v1/users/me', token);
  expect(erased.status).toBe(202);
  expect((await call('GET', erased.headers.get('location')!, token)).status).toBe(200);
  await expect.poll(() => listOwned('owner')).toEqual([]);
});

it('opens its player’s stream by the subprotocol, and no other', async () => {
  const { token } = await mint({ userId: 'listener' });
  const open = async (userId: string, bearer: string) => {
    const protocols = `bloodstream, bearer.${Buffer.from(bearer).toString('base64url')}`;
    const response = await exports.default.fetch(`http://edge/v1/users/${userId}/stream`, {
      headers: { upgrade: 'websocket', 'sec-websocket-protocol': protocols },
    });
    response.webSocket?.accept();
    response.webSocket?.close();
    return response.status;
  };
  expect(await open('me', token)).toBe(101);
  expect(await open('listener', token)).toBe(101);
  expect(await open('somebody', token)).toBe(403);
  expect(await open('me', `${token}x`)).toBe(401);
});

it('makes guests where that is switched on; a guest’s token renews itself', async () => {
  const guest = await becomeGuest();
  expect(guest.userId).toMatch(/^guest:[\w-]{22}$/);
  expect((await becomeGuest()).userId).not.toBe(guest.userId);
  expect(await readGallery(guest.token)).toBe(200);
  const renewed = await mint({}, guest.token);
  expect(renewed.userId).toBe(guest.userId);
  expect(await readGallery(renewed.token)).toBe(200);
  expect((await call('POST', '/v1/tokens', guest.token, { userId: 'ann' })).status).toBe(403);
  // A server may make guests too.
  const made = await mint({ guest: true });
  expect(made.userId).toMatch(/^guest:/);
  const named = await mint({ userId: guest.userId });
  expect(named.userId).toBe(guest.userId);
  const [days, minute] = [30 * 86_400_000, 60_000];
  for (const { expiresAt } of [guest, renewed, made, named])
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - days)).toBeLessThan(minute);
  const short = await mint({ expiresIn: 60 }, guest.token);
  expect(Date.parse(short.expiresAt) - Date.now()).toBeLessThanOrEqual(minute);
  const longer = { guest: true, expiresIn: 30 * 86_400 + 1 };
  expect((await call('POST', '/v1/tokens', 'test-mint', longer)).status).toBe(400);
  const off = await app.request('/v1/guests', { method: 'POST' }, { ...env, GUESTS: 'off' });
  expect([off.status, await off.json()]).toMatchObject([404, { detail: expect.stringContaining('GUESTS') }]);
});

it('merges the guest whose token a player shows; accounts only by an admin', async () => {
  const [guest, other] = [await becomeGuest(), await becomeGuest()];
  const ann = await mint({ userId: 'account-a' });
  const bob = await mint({ userId: 'account-b' });
  const merge = (userId: string, bearer: string, body: object) =>
    call('POST', `/v1/users/${userId}/merge`, bearer, body);
  await call('POST', '/v1/events', guest.token, { events: [purchase('1')] });
  await call('POST', '/v1/events', bob.token, { events: [purchase('2')] });

  const refused: [who: string, bearer: string, body: object, status: number][] = [
    ['me', ann.token, { from: guest.userId }, 403],
    ['me', ann.token, { from: 'account-b' }, 403],
    ['me', ann.token, { guestToken: bob.token }, 403],
    ['account-b', ann.token, { guestToken: guest.token }, 403],
    ['me', ann.token, { guestToken: `${guest.token}x` }, 400],
    ['me', ann.token, { guestToken: 'test-admin' }, 400],
    ['me', ann.token, {}, 400],
    ['me', ann.token, { guestToken: guest.token, from: guest.userId }, 400],
    ['me', guest.token, { guestToken: guest.token }, 400],
    ['account-a', 'test-ingest', { from: 'account-b' }, 403],
    ['account-a', 'test-mint', { from: guest.userId }, 403],
  ];
  for (const [userId, bearer, body, status] of refused)
    expect((await merge(userId, bearer, body)).status, JSON.stringify(body)).toBe(status);
  expect(await listOwned('account-b')).toEqual(['game-2']);

  expect(await merge('me', ann.token, { guestToken: guest.token })).toMatchObject({
    status: 200,
    body: { merged: guest.userId },
  });
  expect(await listOwned('account-a')).toEqual(['game-1']);
  expect((await merge('me', bob.token, { guestToken: guest.token })).status).toBe(409);
  expect((await merge('account-a', 'test-ingest', { from: other.userId })).status).toBe(200);
  expect((await merge('account-a', 'test-admin', { from: 'account-b' })).status).toBe(200);
  expect((await listOwned('account-a')).toSorted()).toEqual(['game-1', 'game-2']);
});

it('a player’s token dates events back by 30 days at most: each day has its own limit of counted games', async () => {
  const player = await mint({ userId: 'backdater' });
  const daysAgo = (days: number) => ({ timestamp: Date.now() - days * 86_400_000 });
  const events = [purchase('kept-offline', daysAgo(29)), purchase('long-ago', daysAgo(31))];
  const expected = [
    { id: 'kept-offline', status: 'accepted' },
    { id: 'long-ago', status: 'rejected', reason: expect.stringMatching(/^timestamp: .*30 days/) },
  ];
  expect((await call('POST', '/v1/events', player.token, { events })).body.results).toEqual(expected);
  const again = events.map((event) => ({ ...event, id: `${event.id}-again` }));
  const shown = await call('POST', '/v1/users/me/gallery', player.token, { events: again });
  expect(shown.body.results.map(({ status }) => status)).toEqual(['accepted', 'rejected']);
  const imported = purchase('imported', { userId: 'backdater', ...daysAgo(3_000) });
  expect((await call('POST', '/v1/events', 'test-ingest', { events: [imported] })).body.results).toEqual([
    { id: 'imported', status: 'accepted' },
  ]);
});

it('a merged guest’s token sends only what was under way, is not renewed, and names no player', async () => {
  const guest = await becomeGuest();
  const ann = await mint({ userId: 'account-of-guest' });
  const merged = await call('POST', '/v1/users/me/merge', ann.token, { guestToken: guest.token });
  expect(merged.status).toBe(200);
  const events = [
    { ...purchase('late'), timestamp: Date.now() - 60_000 },
    { ...purchase('after'), timestamp: Date.now() + 1_000 },
  ];
  const sent = await call('POST', '/v1/events', guest.token, { events });
  expect(sent.body.results).toEqual([
    { id: 'late', status: 'accepted' },
    { id: 'after', status: 'rejected', reason: expect.stringContaining('has become a player') },
  ]);
  const shown = await call('POST', '/v1/users/me/gallery', guest.token, { events: [events[1]!, purchase('now')] });
  expect(shown.body.results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await call('GET', '/v1/users/me/search?q=racing', guest.token)).status).toBe(200);
  expect(await call('GET', '/v1/users/account-of-guest/signals', 'test-admin')).toMatchObject({
    body: { owned: ['game-late'], searches: [] },
  });
  // A server that merged the guest still sends its events.
  const { results } = (
    await call('POST', '/v1/events', 'test-ingest', { events: [purchase('key', { userId: guest.userId })] })
  ).body;
  expect(results).toEqual([{ id: 'key', status: 'accepted' }]);

  for (const [method, path, body] of [
    ['POST', '/v1/tokens', {}],
    ['GET', '/v1/users/me/export'],
    ['DELETE', '/v1/users/me'],
  ] as const) {
    const refused = await call(method, path, guest.token, body);
    expect(refused.status, path).toBe(409);
    expect(JSON.stringify(refused.body)).not.toContain('account-of-guest');
  }

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + LATE_EVENTS_MS + 1_000 });
  try {
    const backdated = { events: [{ ...purchase('backdated'), timestamp: events[0]!.timestamp }] };
    const { results } = (await call('POST', '/v1/events', guest.token, backdated)).body;
    expect(results).toEqual([
      { id: 'backdated', status: 'rejected', reason: expect.stringContaining('has become a player') },
    ]);
  } finally {
    vi.useRealTimers();
  }
});

it('explains nothing to a player and gives a player no baseline page', async () => {
  const { token } = await mint({ userId: 'curious' });
  for (const path of ['gallery?explain=1', 'gallery?policy=popularity', 'recommendations?explain=game-1']) {
    expect((await call('GET', `/v1/users/me/${path}`, token)).status, path).toBe(403);
    expect((await call('GET', `/v1/users/curious/${path}`, 'test-read')).status, path).toBe(200);
  }
  expect((await call('GET', '/v1/users/me/gallery?policy=full', token)).status).toBe(200);
});
