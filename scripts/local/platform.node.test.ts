import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabaseFile } from '../../tests/database-file.ts';
import { openDatabase, withPlatform } from './platform.ts';

/** workerd closes a database after ten idle seconds. */
const IDLE_MS = 12_000;

test('a database that another process locks for a moment is opened after it', { timeout: 60_000 }, async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'platform-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  await withPlatform(state, async ({ DB }) => {
    await sleep(IDLE_MS);
    const database = openDatabaseFile(state);
    database.exec('pragma locking_mode = exclusive; begin immediate');
    await expect(DB.prepare('select 1').first()).rejects.toThrow();
    const unlocked = sleep(500).then(() => database.close());
    expect(await openDatabase(DB)).toEqual({ 1: 1 });
    await unlocked;
  });
});
