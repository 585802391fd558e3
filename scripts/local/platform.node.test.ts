import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabaseFile } from '../../tests/database-file.ts';
import { findProcesses } from '../../tests/processes.ts';
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

test.runIf(process.platform === 'linux')(
  'workerd ends with a command that is killed, and with one that is interrupted',
  { timeout: 240_000 },
  async () => {
    const state = mkdtempSync(path.join(os.tmpdir(), 'platform-'));
    const script = path.join(import.meta.dirname, '../train.ts');
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const child = spawn(process.execPath, [script, '--watch', '--state', state], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, MARKER: state },
      });
      const listWorkerds = () => findProcesses(state).filter((line) => line.includes('workerd serve'));
      await expect.poll(listWorkerds, { timeout: 100_000, interval: 200 }).toHaveLength(1);
      // The database is open, and the watcher has begun.
      await expect
        .poll(() => findProcesses(state).some((line) => line.includes('read -r _')), { timeout: 100_000 })
        .toBe(true);
      child.kill(signal);
      await expect.poll(() => findProcesses(state), { timeout: 5_000 }).toEqual([]);
    }
    rmSync(state, { recursive: true });
  },
);
