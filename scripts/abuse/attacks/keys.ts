// Keys where they do not belong, and keys that no longer open anything. Digests of keys are compared in constant
// time (workers/credentials/environment-keys.ts): a test of durations would prove nothing.

import { createHash } from 'node:crypto';
import type { Attack } from '../target/attack.ts';
import { createKey } from '../target/credentials.ts';

const PATH = '/v1/items';
const EXPIRES_IN_MS = 1_500;

export const misplacedKeys: Attack = {
  name: 'a key opens nothing outside the header Authorization',
  async run({ client, secrets }, attempts) {
    // A key of its own: wrangler's log keeps URLs.
    const { key, keyId } = await createKey(client, secrets.keys.admin, { scopes: ['read'] });
    const names = ['key', 'token', 'access_token', 'api_key', 'apiKey', 'authorization', 'Authorization', 'bearer'];
    for (const name of names)
      attempts.expectStatus(await client.call('GET', `${PATH}?${name}=${key}`), 401, `the key as ?${name}`);
    const headers: Record<string, string>[] = [
      { 'x-api-key': key },
      { cookie: `key=${key}; authorization=Bearer ${key}` },
      { authorization: key },
      { authorization: `Basic ${Buffer.from(`key:${key}`).toString('base64')}` },
      { authorization: `Bearer ${key} x` },
      { authorization: `Bearer  ${key}` },
      { 'proxy-authorization': `Bearer ${key}` },
      { 'sec-websocket-protocol': `bearer.${Buffer.from(key).toString('base64url')}` },
    ];
    for (const header of headers)
      attempts.expectStatus(
        await client.call('GET', PATH, { headers: header }),
        401,
        `in ${JSON.stringify(header).slice(0, 40)}`,
      );
    attempts.expectStatus(await client.call('GET', PATH, { bearer: key }), 200, 'the key itself');
    // With the key in the header, the query is refused: its parameter is unknown.
    attempts.expectStatus(await client.call('GET', `${PATH}?key=x`, { bearer: key }), 400, 'a key in the query');
    await client.read('DELETE', `/v1/keys/${keyId}`, { bearer: secrets.keys.admin });
    return undefined;
  },
};

export const deadKeys: Attack = {
  name: 'revoked, expired and forged keys open nothing',
  async run({ client, secrets }, attempts) {
    const { admin, read, ingest, mint } = secrets.keys;
    const use = (bearer: string, path = PATH) => client.call('GET', path, { bearer });
    const revoked = await createKey(client, admin, { scopes: ['read'] });
    attempts.expectStatus(await use(revoked.key), 200, 'the key before it is revoked');
    await client.read('DELETE', `/v1/keys/${revoked.keyId}`, { bearer: admin });
    attempts.expectStatus(await use(revoked.key), 401, 'a revoked key');
    const expiresAt = Date.now() + EXPIRES_IN_MS;
    const expired = await createKey(client, admin, { scopes: ['read'], expiresAt: new Date(expiresAt).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiresAt + 1 - Date.now())));
    attempts.expectStatus(await use(expired.key), 401, 'an expired key');
    const known = await createKey(client, admin, { scopes: ['read'] });
    const digest = createHash('sha256').update(known.key).digest('hex');
    const forged = [
      known.keyId,
      digest,
      `bloodstream_${known.keyId}_${'A'.repeat(43)}`,
      `bloodstream_${known.keyId}_${digest.slice(0, 43)}`,
      known.key.toUpperCase(),
      known.key.slice(0, -1),
      `${known.key}A`,
      read.slice(0, -1),
      read.toUpperCase(),
      `${read},${admin}`,
      `${read}${admin}`,
      'undefined',
      'null',
      '',
      '[object Object]',
      'x'.repeat(8_000),
    ];
    for (const bearer of forged)
      attempts.expectStatus(await use(bearer), 401, `the forged key ${bearer.slice(0, 12)}…`);
    for (const bearer of [read, ingest, mint, known.key])
      for (const path of ['/v1/keys', '/v1/audit-log', '/v1/users', '/v1/rules', '/v1/subscriptions', '/v1/status'])
        attempts.expectStatus(await use(bearer, path), 403, `${path} without the scope admin`);
    const raised = await client.call('POST', '/v1/keys', { bearer: read, json: { name: 'me', scopes: ['admin'] } });
    attempts.expectStatus(raised, 403, 'a read key makes an admin key');
    return undefined;
  },
};
