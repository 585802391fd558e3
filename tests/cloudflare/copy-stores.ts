// Copies an account's stores to this machine, so that the Worker itself serves in workerd what commands made there.

import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { backup } from 'node:sqlite';
import { withPlatform } from '../../scripts/local/platform.ts';
import type { CloudflareAccount } from './account.ts';

/** `name`: of the D1 database and the R2 bucket. `state`: a new folder of local stores, which no server uses. */
export async function copyStores(account: CloudflareAccount, name: string, state: string): Promise<void> {
  await withPlatform(state, async ({ BUCKET }) => {
    for (const [key, { bytes }] of account.getBucket(name)) await BUCKET.put(key, bytes);
  });
  const folder = path.join(state, 'v3/d1/miniflare-D1DatabaseObject');
  const file = readdirSync(folder).find((found) => /^[0-9a-f]+\.sqlite$/.test(found))!;
  for (const end of ['', '-wal', '-shm']) rmSync(path.join(folder, `${file}${end}`), { force: true });
  await backup(account.getDatabase(name).sql, path.join(folder, file));
}
