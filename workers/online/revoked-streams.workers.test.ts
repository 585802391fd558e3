// Streams whose key, token key or issuer is gone: they get no notice more, and no timer has to look for them.

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Notice } from '../../models/contracts/notice.ts';
import { FAILING_STORES } from '../../tests/failing-stores.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { DELETED_MAX_MS, UNREAD_MAX_MS } from '../credentials/trusted-read.ts';
import { deleteIssuer, storeKeys } from '../storage/issuers.ts';
import { putItems } from '../storage/items.ts';
import { deleteKey } from '../storage/keys.ts';
import { publishState } from '../storage/publish-state.ts';
import { signToken } from './player-token.ts';

const ISS = 'https://id.example/oauth';

beforeAll(() =>
  putItems(
    env.DB,
    Array.from({ length: 20 }, (_, index) => createItem(index)),
  ),
);
const DAY_MS = 86_400_000;
/** In the future: a clock that stands still falls behind the true one, and an alarm in the past would run at once. */
const START = Date.UTC(2100, 0, 1);
let days = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START + days++ * DAY_MS }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const open = (userId: string, bearer: string, headers: Record<string, string>, query = '') =>
  exports.default.fetch(`http://edge/v1/users/${userId}/stream${query}`, {
    headers: { authorization: `Bearer ${bearer}`, ...headers },
  });

async function openSocket(userId: string, bearer: string, query = '') {
  const { status, webSocket } = await open(userId, bearer, { upgrade: 'websocket' }, query);
  expect(status).toBe(101);
  const heard: Notice[] = [];
  webSocket!.addEventListener('message', ({ data }) => void heard.push(JSON.parse(data as string)));
  const closed = new Promise<number>((resolve) => webSocket!.addEventListener('close', ({ code }) => resolve(code)));
  webSocket!.accept();
  return { heard, closed, close: () => webSocket!.close(1000) };
}

async function openEvents(userId: string, bearer: string) {
  const response = await open(userId, bearer, { accept: 'text/event-stream' });
  expect(response.status).toBe(200);
  return { text: response.text() };
}

const post = async (path: string, body: object) => {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBeLessThan(300);
  return (await response.json()) as { key: string; keyId: string; issuerId: string };
};
const passTime = (ms: number) => vi.setSystemTime(Date.now() + ms);
/** Publishes a change as another location does; the isolate's copy gets as old as it may. */
async function publishElsewhere() {
  await publishState(env, Date.now());
  passTime(DELETED_MAX_MS);
}
let clicks = 0;
/** Makes a gallery, of which the player's streams are told. */
async function notify(userId: string) {
  const object = env.USER_SIGNALS.getByName(userId);
  const before = await object.backup();
  await post('/v1/events', { events: [{ id: `e${clicks++}`, userId, type: 'click', itemId: `g${clicks % 20}` }] });
  passTime(1_500);
  await runInDurableObject(object, (instance) => instance.alarm());
  expect((await object.backup())?.recommendationId).not.toBe(before?.recommendationId);
}

/** Opens a socket, which hibernates, and a reader; revokes what opened them, and expects that they end in silence. */
async function expectSilence(userId: string, bearer: string, revoke: () => Promise<unknown>) {
  const lasting = await openSocket(userId, 'test-read');
  const socket = await openSocket(userId, bearer);
  await evictDurableObject(env.USER_SIGNALS.getByName(userId));
  const events = await openEvents(userId, bearer);
  await notify(userId);
  await expect.poll(() => [lasting.heard.length, socket.heard.length]).toEqual([1, 1]);
  await revoke();
  await notify(userId);
  expect(await socket.closed).toBe(1008);
  await notify(userId);
  await expect.poll(() => lasting.heard.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(socket.heard.map(({ id }) => id)).toEqual([1]);
  const ids = [...(await events.text).matchAll(/^id: (\d+)$/gm)].map(([, id]) => id);
  expect(ids).toEqual(['1']);
  lasting.close();
}

it('sends nothing on the streams of a key from 30 seconds after its deletion elsewhere', async () => {
  const { key, keyId } = await post('/v1/keys', { name: 'leaked', scopes: ['read'] });
  await expectSilence('ann', key, async () => {
    await deleteKey(env.DB, keyId);
    await publishElsewhere();
  });
});

/** An issuer with one key, and a function that signs its tokens. */
async function createIssuer(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid }] };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json(jwks));
  const jwksUrl = 'https://id.example/jwks';
  const fields = { issuer: ISS, jwksUrl, audience: kid, prefix: 'epic:', adoptPlayers: true };
  const { issuerId } = await post('/v1/issuers', fields);
  const sign = (sub: string) =>
    new SignJWT({ iss: ISS, aud: kid, sub, exp: Math.floor(Date.now() / 1000) + 86_400 })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(privateKey);
  return { issuerId, sign };
}

it('sends nothing on the streams of an issuer’s players from 30 seconds after its deletion elsewhere', async () => {
  // A kid may hold any character.
  const { issuerId, sign } = await createIssuer('k1 “%”');
  await expectSilence('epic:bea', await sign('bea'), async () => {
    await deleteIssuer(env.DB, issuerId);
    await publishElsewhere();
  });
});

it('sends nothing on the streams of tokens whose key the issuer has withdrawn, once that is known', async () => {
  const { issuerId, sign } = await createIssuer('k2');
  await expectSilence('epic:carl', await sign('carl'), async () => {
    const next = await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey);
    await storeKeys(env.DB, issuerId, { keys: [{ ...next, kid: 'k3' }] as never }, Date.now() + 1);
    await publishElsewhere();
  });
});

const changeEnvironment = (userId: string, changed: Partial<Env>) =>
  runInDurableObject(
    env.USER_SIGNALS.getByName(userId),
    (object) => void Object.assign(object, { env: { ...env, ...changed } }),
  );

it('sends nothing on the streams of a replaced token key, or of a replaced key of the environment', async () => {
  const { token } = (await signToken('dan', 3_600, env, Date.now()))!;
  await expectSilence('dan', token, () =>
    changeEnvironment('dan', {
      TOKEN_KEY_0: '',
      TOKEN_KEY_1: env.TOKEN_KEY_0?.replace(/"kid":"[^"]+"/, '"kid":"1-new"'),
    }),
  );
  await expectSilence('eve', 'test-admin-next', () => changeEnvironment('eve', { ADMIN_KEY: 'test-admin,another' }));
  // Moved to a scope that opens no stream.
  const moved = { ADMIN_KEY: 'test-admin', INGEST_KEY: 'test-admin-next' };
  await expectSilence('fay', 'test-admin-next', () => changeEnvironment('fay', moved));
});

it('gives the places of a deleted key to others, and their missed notices', async () => {
  const { key, keyId } = await post('/v1/keys', { name: 'leaked', scopes: ['read'] });
  const taken = await Promise.all(Array.from({ length: 16 }, () => openSocket('gus', key)));
  await notify('gus');
  expect((await open('gus', 'test-read', { upgrade: 'websocket' })).status).toBe(429);
  await deleteKey(env.DB, keyId);
  await publishElsewhere();
  const { heard, close } = await openSocket('gus', 'test-read', '?after=0');
  await expect.poll(() => heard.map(({ id }) => id)).toEqual([1]);
  expect(new Set(await Promise.all(taken.map(({ closed }) => closed)))).toEqual(new Set([1008]));
  close();
});

it('keeps connections of stored keys for ten minutes without R2 and D1, and those of tokens for longer', async () => {
  const { key } = await post('/v1/keys', { name: 'server', scopes: ['read'] });
  const { token } = (await signToken('hal', 86_400, env, Date.now()))!;
  const ofKey = await Promise.all(Array.from({ length: 15 }, () => openSocket('hal', key)));
  const ofToken = await openSocket('hal', token);
  await notify('hal');
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await changeEnvironment('hal', FAILING_STORES);
  passTime(UNREAD_MAX_MS - 60_000);
  expect((await open('hal', 'test-read', { upgrade: 'websocket' })).status).toBe(429);
  passTime(60_000);
  const more = await openSocket('hal', 'test-read');
  expect(new Set(await Promise.all(ofKey.map(({ closed }) => closed)))).toEqual(new Set([1013]));
  await changeEnvironment('hal', {});
  passTime(DELETED_MAX_MS);
  await notify('hal');
  await expect.poll(() => [ofToken, more].map(({ heard }) => heard.length)).toEqual([2, 1]);
  ofToken.close();
  more.close();
});
