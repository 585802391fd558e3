import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { IMPORTED_EVENTS, importSequences } from '../../tests/imported-state.ts';
import { killProcesses, runNpm } from '../../tests/npm-run.ts';
import { findProcesses } from '../../tests/processes.ts';
import { ensureDevelopmentKey } from '../local/development-key.ts';
import { findFreePort } from '../local/local-server.ts';
import { withPlatform } from '../local/platform.ts';

const REQUESTS = 30;
const EVENTS_PER_REQUEST = 100;

test('Ctrl-C right after the last answer loses no event; a second Ctrl-C stops at once', {
  timeout: 600_000,
}, async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'drain-'));
  onTestFinished(() => {
    killProcesses(state);
    rmSync(state, { recursive: true, force: true });
  });
  await importSequences(state);
  const port = String(await findFreePort());
  const flags = ['--no-open', '--port', port, '--state', state];
  const interrupt = (pid: number) => process.kill(-pid, 'SIGINT');

  const npm = runNpm(state, ['start', '--', ...flags]);
  await npm.waitForText('ready http');
  await Promise.all(Array.from({ length: REQUESTS }, (_, request) => sendEvents(port, `player-${request}`)));
  interrupt(npm.pid);
  await npm.exited;
  await expect.poll(() => findProcesses(state), { timeout: 70_000 }).toEqual([]);
  expect(npm.readOutput()).toContain('Draining: events');
  const logged = await withPlatform(state, ({ DB }) => DB.prepare('select count(*) as n from events').first('n'));
  expect(logged).toBe(IMPORTED_EVENTS + REQUESTS * EVENTS_PER_REQUEST);

  const again = runNpm(state, ['start', '--', ...flags]);
  await again.waitForText('ready http');
  // The Worker cannot answer: draining would take long.
  process.kill(Number.parseInt(findProcesses(`entry=localhost:${port}`)[0]!, 10), 'SIGSTOP');
  interrupt(again.pid);
  await again.waitForText('Draining: events');
  await sleep(700);
  interrupt(again.pid);
  await expect.poll(() => findProcesses(state), { timeout: 3_000 }).toEqual([]);
});

async function sendEvents(port: string, userId: string): Promise<void> {
  const events = Array.from({ length: EVENTS_PER_REQUEST }, (_, event) => ({
    id: `event-${event}`,
    userId,
    type: 'click',
    itemId: 'g1',
  }));
  const response = await fetch(`http://localhost:${port}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ensureDevelopmentKey(() => {})}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  expect(response.status).toBe(202);
}
