import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabaseFile } from '../../tests/database-file.ts';
import { findProcesses } from '../../tests/processes.ts';
import { openDatabase, openPlatform, withPlatform } from './platform.ts';

/** workerd closes a database after ten idle seconds. */
const IDLE_MS = 12_000;

test('a database that another process locks for a moment is opened after it', async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'platform-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  await withPlatform(state, async ({ DB }) => {
    await sleep(IDLE_MS);
    const database = await lockDatabase(state);
    await expect(DB.prepare('select 1').first()).rejects.toThrow();
    const unlocked = sleep(500).then(() => database.close());
    expect(await openDatabase(DB)).toEqual({ 1: 1 });
    await unlocked;
  });
});

/** Waits until workerd has closed the database, which takes it longer on a busy machine. */
async function lockDatabase(state: string) {
  for (;;) {
    const database = openDatabaseFile(state);
    try {
      database.exec('pragma locking_mode = exclusive; begin immediate');
      return database;
    } catch {
      database.close();
      await sleep(200);
    }
  }
}

test('two databases of the log with one id are refused', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'platform-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = path.join(folder, 'wrangler.json');
  const bind = (binding: string, database_id: string) => ({ binding, database_name: binding, database_id });
  // DB and LOG_0 may be one database.
  const d1_databases = [bind('DB', 'a'), bind('LOG_0', 'a'), bind('LOG_1', '…'), bind('LOG_2', '…')];
  writeFileSync(config, JSON.stringify({ name: 'test', compatibility_date: '2026-11-01', d1_databases }));
  await expect(openPlatform(folder, config)).rejects.toThrow('LOG_1 and LOG_2 have the same database_id, “…”');
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
      await expect.poll(() => findProcesses(state)).toEqual([]);
    }
    rmSync(state, { recursive: true });
  },
);
