import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { copyProject } from '../../tests/copy-project.ts';
import { IMPORTED_EVENTS, importSequences } from '../../tests/imported-state.ts';
import { killProcesses, runNpm } from '../../tests/npm-run.ts';
import { findProcesses } from '../../tests/processes.ts';
import { spreadLog } from '../../tests/spread-log.ts';
import { cronOf } from '../../workers/storage/job-schedule.ts';
import { ensureDevelopmentKey } from '../local/development-key.ts';
import { findFreePort } from '../local/local-server.ts';
import { withPlatform } from '../local/platform.ts';

const REQUESTS = 30;
const EVENTS_PER_REQUEST = 100;

test('Ctrl-C right after the last answer loses no event; the next start uses four databases; a second Ctrl-C stops', {
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

  const project = path.join(state, 'project');
  copyProject(project);
  spreadLog(path.join(project, 'wrangler.toml'), 3);
  const again = runNpm(state, ['start', '--', ...flags], project);
  await again.waitForText('ready http');
  await useFourDatabases(port);
  // The Worker cannot answer: draining would take long.
  process.kill(Number.parseInt(findProcesses(`entry=localhost:${port}`)[0]!, 10), 'SIGSTOP');
  interrupt(again.pid);
  await again.waitForText('Draining: events');
  await sleep(700);
  interrupt(again.pid);
  // Draining would take longer.
  await expect.poll(() => findProcesses(state), { timeout: 20_000 }).toEqual([]);
});

/** Sends events, runs jobs and erases a player, with a log that had one database before. */
async function useFourDatabases(port: string): Promise<void> {
  const logged = (databases: readonly { logged: number }[]) => databases.reduce((sum, one) => sum + one.logged, 0);
  const readStatus = async () => (await call(port, 200, 'GET', '/v1/status')) as Status;
  expect((await readStatus()).log.shards.map((one) => one.logged)).toEqual([REQUESTS * EVENTS_PER_REQUEST, 0, 0, 0]);
  for (let request = 0; request < REQUESTS; request++) await sendEvents(port, `player-${request}`, 'later');
  // Sent before: the log has them in the first database.
  const repeated = await sendEvents(port, 'player-0');
  expect(repeated.filter(({ status }) => status === 'duplicate')).toHaveLength(EVENTS_PER_REQUEST);
  const total = 2 * REQUESTS * EVENTS_PER_REQUEST;
  await expect.poll(async () => logged((await readStatus()).log.shards)).toBe(total);
  const { shards } = (await readStatus()).log;
  expect(Math.min(...shards.slice(1).map((one) => one.logged))).toBeGreaterThan(0);

  const runCron = async (cron: string) => {
    const response = await fetch(`http://localhost:${port}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`);
    expect(response.status).toBe(200);
  };
  const { erasureId } = (await call(port, 202, 'DELETE', '/v1/users/player-0')) as { erasureId: string };
  // Again, since `npm start` and the request for the erasure begin runs, too: one that finds another at work does
  // nothing.
  const begunAt = new Date().toISOString();
  const runJobs = async () => {
    for (const job of ['export-snapshot', 'erase-users'] as const) await runCron(cronOf(job));
    const { jobRuns } = await readStatus();
    const runs = jobRuns.filter(({ startedAt }) => startedAt >= begunAt);
    return [runs, await call(port, 200, 'GET', `/v1/erasures/${erasureId}`)];
  };
  const isDone = (job: string) => expect.objectContaining({ job, outcome: 'done' });
  await expect
    .poll(runJobs, { interval: 1_000 })
    .toMatchObject([
      expect.arrayContaining([isDone('export-snapshot'), isDone('refresh-statistics')]),
      { state: 'done' },
    ]);
}

interface Status {
  log: { shards: { logged: number }[] };
  jobRuns: { job: string; outcome: string; startedAt: string }[];
}

async function call(port: string, status: number, method: string, route: string, body?: object): Promise<unknown> {
  const response = await fetch(`http://localhost:${port}${route}`, {
    method,
    headers: { authorization: `Bearer ${ensureDevelopmentKey(() => {})}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(status);
  return response.json();
}

async function sendEvents(port: string, userId: string, prefix = 'event'): Promise<{ status: string }[]> {
  const events = Array.from({ length: EVENTS_PER_REQUEST }, (_, event) => ({
    id: `${prefix}-${event}`,
    userId,
    type: 'click',
    itemId: 'g1',
  }));
  const { results } = (await call(port, 202, 'POST', '/v1/events', { events })) as { results: { status: string }[] };
  return results;
}
