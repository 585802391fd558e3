import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabaseFile } from '../../tests/database-file.ts';
import { findProcesses } from '../../tests/processes.ts';
import { ensureDevelopmentKey } from './development-key.ts';
import { findFreePort, isHealthy } from './local-server.ts';
import { withPlatform } from './platform.ts';
import { startWatchedServer } from './watched-server.ts';

/** workerd closes a database after ten idle seconds. */
const IDLE_MS = 13_000;

test.runIf(process.platform === 'linux')(
  'a watched server keeps D1 open, and starts again after the death of its listener or of wrangler',
  { timeout: 240_000 },
  async () => {
    const state = mkdtempSync(path.join(os.tmpdir(), 'watched-'));
    await withPlatform(state, async () => {});
    // As earlier versions left it: wrangler's traces, with the full address of every request.
    const traces = path.join(state, 'v3/observability');
    mkdirSync(path.join(traces, 'store'), { recursive: true });
    const reports: string[] = [];
    const port = await findFreePort();
    const server = startWatchedServer(port, state, {
      key: ensureDevelopmentKey(console.log),
      report: (line) => reports.push(line),
    });
    onTestFinished(async () => {
      await server.stop();
      rmSync(state, { recursive: true });
    });
    await server.ready;
    expect(await isHealthy(server.url, 30_000)).toBe(true);
    expect(existsSync(traces)).toBe(false);

    await sleep(IDLE_MS);
    expect(() => lockDatabase(state)).toThrow('database is locked');

    const kill = (process_: string) => process.kill(Number.parseInt(findProcesses(process_)[0]!, 10), 'SIGKILL');
    const expectAnswer = () =>
      expect.poll(() => isHealthy(server.url, 2_000), { timeout: 90_000, interval: 500 }).toBe(true);
    kill(`entry=localhost:${port}`);
    expect(await isHealthy(server.url, 2_000)).toBe(false);
    await expectAnswer();
    expect(reports).toEqual(['The Worker does not answer; starting it again …']);

    kill(`wrangler.js dev --show-interactive-dev-session=false --port ${port}`);
    await expect.poll(() => reports.length).toBe(2);
    expect(reports[1]).toBe('The Worker has ended; starting it again …');
    await expectAnswer();
  },
);

/** Locks the Worker's D1 for this process alone. Throws if another process has it open. */
function lockDatabase(state: string): void {
  const database = openDatabaseFile(state);
  try {
    database.exec('pragma locking_mode = exclusive; select count(*) from events');
  } finally {
    database.close();
  }
}
