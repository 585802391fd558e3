// `npm run keys` against the Worker of `npm start`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject, it } from 'vitest';
import type { AuditEntry } from '../models/contracts/audit.ts';
import type { Key, NewKey } from '../models/contracts/key.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';

async function run<T>(...args: string[]): Promise<T> {
  const script = path.join(PROJECT_DIR, 'scripts/keys.ts');
  const child = spawn(process.execPath, [script, ...args, '--url', inject('url'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(output);
}
const statusOf = async (key: string) =>
  (await fetch(`${inject('url')}/v1/items/popular`, { headers: { authorization: `Bearer ${key}` } })).status;

it('creates a key that works until it is revoked', async () => {
  const { keyId, key } = await run<NewKey>('create', 'e2e', '--scopes', 'read');
  expect(await statusOf(key)).toBe(200);
  const { keys } = await run<{ keys: Key[] }>('list');
  expect(keys.find((one) => one.keyId === keyId)).toMatchObject({ name: 'e2e', scopes: ['read'] });
  expect(await run('revoke', keyId)).toEqual({ revoked: keyId });
  expect(await statusOf(key)).toBe(401);

  const log = await fetch(`${inject('url')}/v1/audit-log?limit=2`, {
    headers: { authorization: `Bearer ${inject('adminKey')}` },
  });
  const { entries } = (await log.json()) as { entries: AuditEntry[] };
  expect(entries).toMatchObject([
    { method: 'DELETE', keyId: 'ADMIN_KEY-1', ids: { keyId }, before: { name: 'e2e' } },
    { method: 'POST', path: '/v1/keys', after: { keyId } },
  ]);
});
