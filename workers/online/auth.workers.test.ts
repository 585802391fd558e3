import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { authenticate } from './auth.ts';

const identify = (key: string, keys = env) =>
  authenticate(
    keys,
    (name) => (name === 'authorization' ? `Bearer ${key}` : undefined),
    () => {},
  );

it('identifies a key by its variable and number, with the scopes of every variable that names it', async () => {
  expect(await identify('test-admin-next')).toMatchObject({ kind: 'key', keyId: 'ADMIN_KEY-2', scopes: ['admin'] });
  expect(await identify('test-mint')).toMatchObject({ kind: 'key', keyId: 'MINT_KEY-1', scopes: ['mint'] });
  const shared = { ...env, READ_KEY: 'other,both', INGEST_KEY: 'both' };
  const found = await identify('both', shared);
  expect(found).toMatchObject({ kind: 'key', keyId: 'INGEST_KEY-1', scopes: ['ingest', 'read'] });
  for (const key of ['', 'test-admin,', 'TEST-ADMIN', 'x'.repeat(10_000)])
    await expect(identify(key), key.slice(0, 20)).rejects.toMatchObject({ kind: 'unauthorized' });
});

it('refuses a key that calls itself me, however it is written', async () => {
  for (const me of ['me', '%6De']) {
    const response = await exports.default.fetch(`http://edge/v1/users/${me}/gallery`, {
      headers: { authorization: 'Bearer test-admin' },
    });
    expect([response.status, await response.json()]).toMatchObject([400, { detail: expect.stringContaining('token') }]);
  }
});
