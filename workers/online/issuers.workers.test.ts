// Tokens of other issuers: accepted and refused tokens, the players' ids, and outages of the issuer.

import { env, exports } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ISSUERS_MAX, type Issuer, toUserId } from '../../models/contracts/issuer.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { fail, ok } from '../../models/contracts/result.ts';
import { FAILING_STORES, HANGING_STORES } from '../../tests/failing-stores.ts';
import { forgetHere } from '../../tests/publish-here.ts';
import { DELETED_MAX_MS } from '../credentials/trusted-read.ts';
import { Isolate } from '../serving/isolate.ts';
import { writeGorseUsers } from '../storage/gorse-users.ts';
import { deleteIssuer } from '../storage/issuers.ts';
import { publishState } from '../storage/publish-state.ts';
import { openIssuerKeys } from './auth.ts';
import { fetchJwkSet } from './fetch-jwk-set.ts';
import { identifyByIssuer, KEYS_FRESH_MS, KEYS_INTERVAL_MS, KEYS_STALE_MS, KEYS_WAIT_MS } from './issuer-caller.ts';
import { readClaims } from './issuer-token.ts';

const ISS = 'https://id.example/oauth';
const JWKS_URL = 'https://id.example/oauth/jwks';
const CLIENT = 'game-client';
const FIELDS = { issuer: ISS, jwksUrl: JWKS_URL, audience: CLIENT, prefix: 'epic:' };

async function makeSigner(kid: string, alg = 'RS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig' };
  const sign = (claims: object = {}, { header = {}, expiresIn = 3_600 as number | null } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const exp = expiresIn === null ? {} : { exp: now + expiresIn };
    return new SignJWT({ iss: ISS, aud: CLIENT, sub: 'ann', iat: now, ...exp, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey);
  };
  return { jwk, sign };
}
type Signer = Awaited<ReturnType<typeof makeSigner>>;

/** The issuer's address, as the network shows it. */
let published: unknown;
let requests: string[];
let signer: Signer;

beforeEach(async () => {
  signer ??= await makeSigner('k1');
  published = { keys: [signer.jwk] };
  requests = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
    requests.push(String(url));
    if (published instanceof Response) return published;
    return Response.json(published);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  const { body } = await call('GET', '/v1/issuers');
  for (const { issuerId } of body.issuers) await call('DELETE', `/v1/issuers/${issuerId}`);
});

type Answer = Problem & Issuer & { issuers: Issuer[]; userId: string; merged: string };
async function call(method: string, path: string, body?: object, { bearer = 'test-admin', origin = '' } = {}) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${bearer}`,
      ...(origin === '' ? {} : { origin }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = Buffer.from(await response.arrayBuffer()).toString();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer, headers: response.headers };
}
const create = (fields: object = {}) => call('POST', '/v1/issuers', { ...FIELDS, adoptPlayers: true, ...fields });
const buy = (id: string, bearer: string, more: object = {}) =>
  call('POST', '/v1/events', { events: [{ id, type: 'purchase', itemId: `game-${id}`, ...more }] }, { bearer });
const listOwned = async (userId: string, bearer = 'test-admin') =>
  ((await call('GET', `/v1/users/${userId}/signals`, undefined, { bearer })).body as unknown as { owned: string[] })
    .owned;
const listUserIds = async (prefix: string) => {
  const rows = env.DB.prepare("select user_id from users where user_id like ?1 || '%'").bind(prefix);
  return (await rows.raw()).flat();
};
const statusOf = async (bearer: string) =>
  (await call('GET', '/v1/users/me/preferences', undefined, { bearer })).status;

it('takes the token of an issuer for its player alone, whose id begins with the prefix', async () => {
  const token = await signer.sign({ sub: '0002a1b2c3' });
  expect(await statusOf(token)).toBe(401);
  const created = await create();
  expect(created).toMatchObject({ status: 201, body: { ...FIELDS, claim: 'sub', keys: { count: 1, failure: null } } });
  expect(created.headers.get('location')).toBe(`/v1/issuers/${created.body.issuerId}`);
  expect((await call('GET', '/v1/issuers')).body.issuers).toEqual([created.body]);

  expect((await buy('1', token)).status).toBe(202);
  expect(await listOwned('me', token)).toEqual(['game-1']);
  expect(await listOwned('epic:0002a1b2c3')).toEqual(['game-1']);
  expect(await listOwned('0002a1b2c3')).toEqual([]);
  for (const userId of ['0002a1b2c3', 'epic:other'])
    expect((await call('GET', `/v1/users/${userId}/signals`, undefined, { bearer: token })).status, userId).toBe(403);
  expect((await buy('2', token, { userId: '0002a1b2c3' })).status).toBe(403);
  for (const path of ['/v1/issuers', '/v1/keys', '/v1/users', '/v1/status'])
    expect((await call('GET', path, undefined, { bearer: token })).status, path).toBe(403);
  expect((await call('POST', '/v1/tokens', {}, { bearer: token })).status).toBe(403);
  // As to a token of ours, whatever the origin.
  const origin = 'https://game.example';
  const { headers } = await call('GET', '/v1/users/me/preferences', undefined, { bearer: token, origin });
  expect(headers.get('access-control-allow-origin')).toBe(origin);

  const guest = (await call('POST', '/v1/guests')).body as unknown as { token: string; userId: string };
  await buy('3', guest.token);
  const merged = await call('POST', '/v1/users/me/merge', { guestToken: guest.token }, { bearer: token });
  expect([merged.status, merged.body.merged]).toEqual([200, guest.userId]);
  expect((await listOwned('me', token)).toSorted()).toEqual(['game-1', 'game-3']);

  expect((await call('DELETE', `/v1/issuers/${created.body.issuerId}`)).status).toBe(204);
  expect(await statusOf(token)).toBe(401);
  expect((await call('DELETE', `/v1/issuers/${created.body.issuerId}`)).status).toBe(404);
  const { body } = await call('GET', '/v1/audit-log?limit=3');
  const entries = (body as unknown as { entries: { method: string; before: unknown; after: unknown }[] }).entries;
  expect(entries.find(({ method }) => method === 'POST')).toMatchObject({ after: created.body });
  expect(entries.find(({ method, before }) => method === 'DELETE' && before !== null)).toMatchObject({
    before: created.body,
  });
});

it('refuses tokens that are altered, expired, for others, or signed in a way that proves nothing', async () => {
  await create();
  const stranger = await makeSigner('k1');
  const [header, payload, signature] = (await signer.sign()).split('.') as [string, string, string];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  // A secret that everybody knows: the published key.
  const secret = new TextEncoder().encode(JSON.stringify(signer.jwk));
  const claims = { iss: ISS, aud: CLIENT, sub: 'ann', exp: Math.floor(Date.now() / 1000) + 60 };
  const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
  const refused = {
    'another payload': `${header}.${encode({ ...claims, sub: 'bob' })}.${signature}`,
    unsigned: `${encode({ alg: 'none', kid: 'k1' })}.${payload}.`,
    'unsigned with a signature': `${encode({ alg: 'none', kid: 'k1' })}.${payload}.${signature}`,
    symmetric,
    'another key with the same id': await stranger.sign(),
    'another audience': await signer.sign({ aud: 'other-client' }),
    'no audience': await signer.sign({ aud: undefined }),
    'another issuer': await signer.sign({ iss: `${ISS}/` }),
    'this Worker as issuer': await signer.sign({ iss: 'bloodstream', aud: 'bloodstream' }),
    'no issuer': await signer.sign({ iss: undefined }),
    expired: await signer.sign({}, { expiresIn: -61 }),
    'without an end': await signer.sign({}, { expiresIn: null }),
    'not valid yet': await signer.sign({ nbf: Math.floor(Date.now() / 1000) + 300 }),
    'logout token': await signer.sign({}, { header: { typ: 'logout+jwt' } }),
    'no player': await signer.sign({ sub: undefined }),
    'a number as player': await signer.sign({ sub: 1 as unknown as string }),
    'an empty player': await signer.sign({ sub: '' }),
    'a lone surrogate as player': await signer.sign({ sub: '\ud800' }),
    'too long': await signer.sign({ more: 'x'.repeat(4_096) }),
  };
  for (const [name, token] of Object.entries(refused)) expect(await statusOf(token), name).toBe(401);
  const accepted = [
    await signer.sign(),
    await signer.sign({ aud: ['other-client', CLIENT] }),
    await signer.sign({}, { expiresIn: -30 }),
    await signer.sign({}, { header: { typ: 'JWT' } }),
    await signer.sign({}, { header: { typ: 'at+jwt' } }),
  ];
  for (const token of accepted) expect(await statusOf(token)).toBe(200);
});

it('takes every usual algorithm, and a claim other than sub', async () => {
  const signers = await Promise.all(['PS256', 'ES256', 'ES384', 'EdDSA'].map((alg) => makeSigner(`${alg}-key`, alg)));
  published = {
    keys: [...signers.map(({ jwk }) => jwk), { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }, { kty: 'new' }],
  };
  const { body } = await create({ claim: 'https://id.example/player' });
  expect(body.keys.count).toBe(signers.length);
  for (const { sign } of signers) {
    expect(await statusOf(await sign({ 'https://id.example/player': 'p1' }))).toBe(200);
    expect(await statusOf(await sign())).toBe(401);
  }
});

it('gives different players different ids, whatever their issuer calls them', async () => {
  const digest = async (text: string) => `digest-of-${Buffer.from(text).toString('hex')}`;
  const long = 'x'.repeat(200);
  const hashed = await toUserId('a:', '/', digest);
  const inDigestForm = hashed.ok ? hashed.value.slice('a:'.length) : '';
  const values = ['ann', 'me', '.', '..', 'guest:1', 'a:ann', 'b:ann', ' ann', 'ann ', 'a/n', 'a%6en', '\u0000', '~'];
  const subs = [...values, long, `${long}y`, 'é', 'e\u0301', 'auth0|5f', 'https://steamcommunity.com/openid/id/7', '/'];
  const userIds: string[] = [];
  for (const prefix of ['a:', 'a-b:', 'b:'])
    for (const sub of [...subs, inDigestForm, `~${inDigestForm}`]) {
      const userId = await toUserId(prefix, sub, digest);
      expect(userId.ok, JSON.stringify(sub)).toBe(true);
      if (userId.ok) userIds.push(userId.value);
    }
  expect(new Set(userIds).size).toBe(userIds.length);
  expect(userIds.filter((userId) => !/^(?:a|a-b|b):/.test(userId))).toEqual([]);

  await create();
  const token = await signer.sign({ sub: 'https://steamcommunity.com/openid/id/7' });
  expect((await buy('steam', token)).status).toBe(202);
  await expect.poll(() => listUserIds('epic:~')).toEqual([expect.stringMatching(/^epic:~[\w-]{43}$/)]);
  expect(await listOwned('me', token)).toEqual(['game-steam']);
});

it('refuses an issuer whose players could be taken for others', async () => {
  expect((await create()).status).toBe(201);
  const conflicts = {
    'the same issuer and audience': { prefix: 'more:' },
    'the prefix of another issuer': { issuer: 'https://other.example', audience: 'x' },
    'the prefix of another claim': { audience: 'x', claim: 'email' },
  };
  for (const [name, fields] of Object.entries(conflicts)) {
    const { status, body } = await create(fields);
    expect([status, body.detail?.length ?? 0], name).toEqual([409, expect.toSatisfy((length) => length > 20)]);
  }
  for (const prefix of ['', 'epic', 'guest:', ':', 'a:b:', 'Epic:', 'e/:', `${'x'.repeat(32)}:`])
    expect((await create({ audience: 'x', prefix })).status, prefix).toBe(400);
  // The same players, another game.
  expect((await create({ audience: 'another-game' })).status).toBe(201);

  await buy('own', 'test-admin', { userId: 'shop:77' });
  await expect.poll(() => listUserIds('shop:')).toEqual(['shop:77']);
  await writeGorseUsers(env.DB, [{ userId: 'made:1', labels: null, subscribe: null, comment: '' }], Date.now());
  for (const prefix of ['shop:', 'made:']) {
    const taken = await create({ audience: 'x', prefix, adoptPlayers: undefined });
    expect([taken.status, taken.body.detail]).toEqual([409, expect.stringContaining('adoptPlayers')]);
  }
  expect((await create({ audience: 'x', prefix: 'sho:', adoptPlayers: false })).status).toBe(201);
  expect((await create({ audience: 'y', prefix: 'shop:' })).status).toBe(201);
});

it('refuses URLs that are not public, or have no keys', async () => {
  for (const jwksUrl of [
    'http://id.example/jwks',
    'https://127.0.0.1/jwks',
    'https://localhost/jwks',
    'https://db.internal/jwks',
    'https://u:p@id.example/jwks',
    'ftp://id.example/',
    'jwks',
  ])
    expect((await create({ jwksUrl })).body.errors, jwksUrl).toMatchObject([{ path: 'jwksUrl' }]);
  expect(requests).toEqual([]);
  const answers: unknown[] = [
    new Response('no', { status: 404 }),
    Response.redirect('https://id.example/elsewhere', 302),
    new Response('<html>'),
    new Response(`{"keys":[${' '.repeat(200_000)}]}`),
    { keys: [] },
    { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] },
    { keys: Array.from({ length: 101 }, () => signer.jwk) },
    [],
  ];
  for (published of answers) {
    const { status, body } = await create();
    expect([status, body.errors?.[0]?.path]).toEqual([400, 'jwksUrl']);
  }
  expect(requests).toHaveLength(answers.length);
  expect((await create({ issuer: 'bloodstream' })).status).toBe(400);
  expect((await create({ unknown: 1 })).status).toBe(400);
  for (const bearer of ['test-read', 'test-ingest', 'test-mint'])
    expect((await call('POST', '/v1/issuers', FIELDS, { bearer })).status).toBe(403);
});

it('refuses an issuer beyond the limit', async () => {
  for (let number = 0; number < ISSUERS_MAX; number++)
    expect((await create({ audience: `client-${number}` })).status).toBe(201);
  expect((await create({ audience: 'one-more' })).body.detail).toContain(String(ISSUERS_MAX));
});

it('keeps answering if the issuer publishes invalid keys', async () => {
  const { n, ...rest } = signer.jwk;
  published = { keys: [{ ...rest, n: `A${'!'.repeat(400)}` }] };
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect((await create()).status).toBe(201);
  expect(await statusOf(await signer.sign())).toBe(401);
});

/** An isolate of its own with the real D1; the test sets the clock and the network. */
function openIsolate(fetchKeys: () => unknown) {
  const isolate = new Isolate();
  const behind: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => {
    behind.push(work);
  };
  const request = async (): Promise<Response> => {
    const answer = fetchKeys();
    if (answer instanceof Error) throw answer;
    return Response.json(answer);
  };
  const identify = (token: string, now: number, stores: Partial<Env> = {}) =>
    identifyByIssuer(
      token,
      readClaims(token)!,
      openIssuerKeys({ env: { ...env, ...stores }, isolate, waitUntil, now, request }),
      now,
    );
  return { identify, settle: () => Promise.all(behind) };
}
const unauthorized = expect.objectContaining({ kind: 'unauthorized' });
const unavailable = expect.objectContaining({ kind: 'unavailable' });

it('reads the keys for an unknown one, once in 30 seconds for all isolates together', async () => {
  await create();
  const start = Date.now();
  const next = await makeSigner('k2');
  const token = await next.sign();
  let reads = 0;
  let keys: unknown = { keys: [signer.jwk] };
  const fetchKeys = () => {
    reads++;
    return keys;
  };
  const isolates = [openIsolate(fetchKeys), openIsolate(fetchKeys), openIsolate(fetchKeys)];
  const unknown = await (await makeSigner('k3')).sign();
  for (let now = start; now < start + 10 * KEYS_INTERVAL_MS; now += 500)
    for (const { identify } of isolates)
      await identify(unknown, now).then(
        () => expect.unreachable(),
        (error) => expect(error).toEqual(unauthorized),
      );
  expect(reads).toBeGreaterThanOrEqual(8);
  expect(reads).toBeLessThanOrEqual(10);

  // The issuer has a new key: every isolate takes it as soon as the interval allows.
  keys = { keys: [signer.jwk, next.jwk] };
  const later = start + 11 * KEYS_INTERVAL_MS;
  const before = reads;
  for (const { identify } of isolates) expect(await identify(token, later)).toMatchObject({ userId: 'epic:ann' });
  expect(reads).toBe(before + 1);
});

it('accepts tokens with a known key while the issuer is down, even in an isolate that just started', async () => {
  await create();
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const token = await signer.sign({}, { expiresIn: 90 * 86_400 });
  const other = await (await makeSigner('k2')).sign({}, { expiresIn: 90 * 86_400 });
  const down = () => new Error('connection refused');
  const start = Date.now();
  const { identify, settle } = openIsolate(down);
  for (const afterMs of [0, KEYS_FRESH_MS + 1, KEYS_STALE_MS + 1, 86_400_000, 30 * 86_400_000]) {
    expect(await identify(token, start + afterMs), `${afterMs}`).toMatchObject({ userId: 'epic:ann' });
    await settle();
  }
  const cold = openIsolate(down);
  expect(await cold.identify(token, start + 31 * 86_400_000)).toMatchObject({ userId: 'epic:ann' });
  // Whether the issuer has the other key cannot be told.
  await expect(cold.identify(other, start + 31 * 86_400_000 + 1)).rejects.toEqual(unavailable);
  const { body } = await call('GET', '/v1/issuers');
  expect(body.issuers[0]!.keys.failure).toContain('connection refused');
  expect(log).toHaveBeenCalled();
  await env.DB.exec('update issuers set keys_tried_at = 0, keys_read_at = 0');
});

it('refuses a key that the issuer has withdrawn: after an answer first, before it once the keys are old', async () => {
  await create();
  const start = Date.now();
  const token = await signer.sign({}, { expiresIn: 86_400 });
  const next = await makeSigner('k2');
  const withdrawn = () => ({ keys: [next.jwk] });
  const busy = openIsolate(withdrawn);
  expect(await busy.identify(token, start + KEYS_FRESH_MS)).toMatchObject({ userId: 'epic:ann' });
  expect(await busy.identify(token, start + KEYS_FRESH_MS + 1)).toMatchObject({ userId: 'epic:ann' });
  await busy.settle();
  await expect(busy.identify(token, start + KEYS_FRESH_MS + 2)).rejects.toEqual(unauthorized);

  await env.DB.prepare('update issuers set jwks = ?1').bind(JSON.stringify(published)).run();
  const quiet = openIsolate(withdrawn);
  await expect(quiet.identify(token, start + KEYS_FRESH_MS + KEYS_STALE_MS + 2)).rejects.toEqual(unauthorized);
});

it('refuses a deleted issuer in every isolate within 30 seconds, and works during an outage', async () => {
  const { body } = await create();
  const start = Date.now();
  const token = await signer.sign();
  const { identify } = openIsolate(() => published);
  expect(await identify(token, start)).toMatchObject({ userId: 'epic:ann' });
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(await identify(token, start + 300_000, FAILING_STORES)).toMatchObject({ userId: 'epic:ann' });
  await forgetHere();
  await expect(openIsolate(() => published).identify(token, start, FAILING_STORES)).rejects.toEqual(unavailable);
  await deleteIssuer(env.DB, body.issuerId);
  await publishState(env, start + 300_000);
  await expect(identify(token, start + 300_000 + DELETED_MAX_MS)).rejects.toEqual(unauthorized);
});

it('does not wait long for a database that never answers', async () => {
  await create();
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) =>
    setTimeout(run, ms === KEYS_WAIT_MS ? 0 : ms)) as typeof setTimeout);
  const { DB } = HANGING_STORES;
  const { identify } = openIsolate(() => published);
  const unknown = await (await makeSigner('k2')).sign();
  await expect(identify(unknown, Date.now() + KEYS_INTERVAL_MS, { DB })).rejects.toEqual(unavailable);
  // The keys as last read stay in use.
  const token = await signer.sign({}, { expiresIn: 86_400 });
  expect(await identify(token, Date.now() + KEYS_FRESH_MS + KEYS_STALE_MS + 2, { DB })).toMatchObject({
    userId: 'epic:ann',
  });
});

it('does not wait for a URL that never answers', async () => {
  const never = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  expect(await fetchJwkSet(JWKS_URL, never)).toEqual(fail('did not answer within 3 s'));
  expect(await fetchJwkSet(JWKS_URL, async () => Response.json(published))).toEqual(
    ok({ keys: [expect.objectContaining({ kid: 'k1' })] }),
  );
});
