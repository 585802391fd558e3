// Tokens of an issuer that publishes its keys over HTTP, against the Worker in workerd: the issuer changes its keys,
// and goes down.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Issuer } from '../models/contracts/issuer.ts';
import { startWorkerd } from '../scripts/bench/workerd.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { publishState } from '../workers/storage/publish-state.ts';
import type { Stores } from '../workers/storage/stores.ts';

const KEY = 'issuers-key';
const ISSUER = 'https://id.example';

let server: Awaited<ReturnType<typeof startWorkerd>>;
let stores: Stores;
let provider: Server;
let published: object[] = [];
let requests = 0;

beforeAll(async () => {
  provider = createServer((_, response) => {
    requests++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  server = await startWorkerd({
    configPath: path.join(PROJECT_DIR, 'wrangler.toml'),
    secrets: { ADMIN_KEY: KEY },
  });
  stores = await server.stores();
});
afterAll(async () => {
  provider?.close();
  await server?.close();
});

async function makeSigner(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const sign = (sub: string) =>
    new SignJWT({ sub })
      .setIssuer(ISSUER)
      .setAudience('game')
      .setIssuedAt()
      .setExpirationTime('1h')
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(privateKey);
  return { sign, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}
async function call<T>(method: string, pathname: string, bearer: string, body?: object) {
  const response = await fetch(server.url + pathname, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const statusOf = async (token: string) => (await call('GET', '/v1/users/me/preferences', token)).status;
/** As if the keys had been read this long ago. The Worker follows within 30 seconds. */
async function ageKeys(byMs: number) {
  await stores.DB.prepare('update issuers set keys_tried_at = keys_tried_at - ?1, keys_read_at = keys_read_at - ?1')
    .bind(byMs)
    .run();
  await publishState(stores, Date.now());
}

it('reads keys over HTTP, takes new ones, and outlives the issuer', async () => {
  const { port } = provider.address() as AddressInfo;
  const [first, second, third] = await Promise.all(['1', '2', '3'].map(makeSigner));
  published = [first!.jwk];
  const fields = { issuer: ISSUER, jwksUrl: `http://127.0.0.1:${port}/jwks`, audience: 'game', prefix: 'id:' };
  const created = await call<Issuer>('POST', '/v1/issuers', KEY, fields);
  expect(created).toMatchObject({ status: 201, body: { keys: { count: 1 } } });
  expect(requests).toBe(1);

  const token = await first!.sign('ann');
  const event = { id: '1', type: 'purchase', itemId: 'a' };
  expect((await call('POST', '/v1/events', token, { events: [event] })).status).toBe(202);
  expect((await call('GET', '/v1/users/id:ann/signals', KEY)).body).toMatchObject({ owned: ['a'] });

  published = [first!.jwk, second!.jwk];
  // Within 30 seconds of the first reading, nobody makes the Worker read again.
  for (let request = 0; request < 20; request++) expect(await statusOf(await second!.sign('ann'))).toBe(401);
  expect(requests).toBe(1);
  await ageKeys(31_000);
  await expect.poll(async () => statusOf(await second!.sign('ann'))).toBe(200);
  expect(requests).toBe(2);

  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
  await ageKeys(7_200_000);
  // Only a key that was never read cannot be checked.
  await expect.poll(async () => statusOf(await third!.sign('ann'))).toBe(503);
  for (const { sign } of [first!, second!]) expect(await statusOf(await sign('bob'))).toBe(200);
  const { body } = await call<{ issuers: Issuer[] }>('GET', '/v1/issuers', KEY);
  expect(body.issuers[0]!.keys).toMatchObject({ count: 2, failure: expect.stringContaining('answer') });
});
