// Opens the file of the local D1 as another process would, without waiting for locks.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export function openDatabaseFile(state: string): DatabaseSync {
  const folder = path.join(state, 'v3/d1/miniflare-D1DatabaseObject');
  const name = readdirSync(folder).find((file) => /^[0-9a-f]+\.sqlite$/.test(file))!;
  return new DatabaseSync(path.join(folder, name), { timeout: 0 });
}
