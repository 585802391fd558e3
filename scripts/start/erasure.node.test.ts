// A player in every store of `npm start`, with a log in four databases, erased through the API. docs/privacy.md shows
// the receipt. What takes days is hurried: a merge is finished after 30 days, and a webhook given up after half a day.
// The queue of events stands still, since unlogged events do not last otherwise.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ErasureReceipt } from '../../models/contracts/erasure.ts';
import { copyProject } from '../../tests/copy-project.ts';
import { killProcesses, runNpm } from '../../tests/npm-run.ts';
import { findProcesses } from '../../tests/processes.ts';
import { spreadLog } from '../../tests/spread-log.ts';
import { writeGorseUsers } from '../../workers/storage/gorse-users.ts';
import { cronOf, type JobName } from '../../workers/storage/job-schedule.ts';
import { chooseShard } from '../../workers/storage/log-shards.ts';
import { MERGE_OPEN_DAYS } from '../../workers/storage/merges.ts';
import { ensureDevelopmentKey } from '../local/development-key.ts';
import { findFreePort } from '../local/local-server.ts';
import { withPlatform } from '../local/platform.ts';
import { PROJECT_DIR } from '../local/project.ts';

const DAY_MS = 86_400_000;
const DATABASES = 4;
/** Not in the first database, which also holds the small data. */
const PLAYER = ['ann', 'ben', 'cem', 'dan', 'eve'].find((name) => chooseShard(name, DATABASES) > 0)!;
const GUEST = 'guest-of-the-player';

test('a player who was in every store: the receipt names each store, and the first release without the player', {
  timeout: 600_000,
}, async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'erasure-'));
  onTestFinished(() => {
    killProcesses(state);
    rmSync(state, { recursive: true, force: true });
  });
  const { run, start, stop, call, runJob } = await openProject(state);
  const expectStatus = async (status: number, ...request: Parameters<typeof call>) =>
    expect((await call(...request)).status, request.join(' ')).toBe(status);
  const send = (id: string) =>
    expectStatus(202, 'POST', '/v1/events', { events: [{ id, userId: PLAYER, type: 'like', itemId: 'g1' }] });
  const listStores = async () => {
    const lines = (await (await call('GET', `/v1/users/${PLAYER}/export`)).text()).trim().split('\n');
    return [...new Set(lines.map((line): string => JSON.parse(line).store))];
  };
  const waitForStores = (stores: string[], jobs: readonly JobName[] = []) => {
    const listAfterJobs = async () => {
      for (const job of jobs) await runJob(job);
      return listStores();
    };
    return expect.poll(listAfterJobs, { timeout: 150_000, interval: 1_000 }).toEqual(expect.arrayContaining(stores));
  };
  const showGallery = async () => {
    await expectStatus(200, 'GET', `/v1/users/${PLAYER}/gallery`);
    await waitForStores(['slates']);
  };
  /** Publishes whatever the gate says. */
  const train = async () => {
    const output = await run('run', 'train', '--', '--algorithms', 'popularity,item-knn', '--force');
    return /Published (\S+),/.exec(output)![1]!;
  };

  await run('run', 'import', '--', writeOldEvents(state));
  await start('--import', writeEvents(state));
  await send('unlogged');
  await expectStatus(200, 'POST', `/v1/users/${PLAYER}/merge`, { from: GUEST });
  await expectStatus(200, 'PUT', `/v1/users/${PLAYER}/preferences`, { genres: ['Puzzle'] });
  await waitForStores(['log', 'archived-log', 'archived-marks', 'last-seen', 'merges', 'preferences', 'object']);
  await stop();
  await withPlatform(state, async ({ DB }) => {
    await DB.prepare('update merges set merged_at = merged_at - ?1')
      .bind((MERGE_OPEN_DAYS + 1) * DAY_MS)
      .run();
    // As an experiment does.
    await DB.prepare("insert into experiment_users (experiment_id, user_id, totals) values ('e', ?1, '{}')")
      .bind(PLAYER)
      .run();
    // As gorse's API does, which is off by default.
    await writeGorseUsers(DB, [{ userId: PLAYER, labels: ['vip'], subscribe: null, comment: '' }], Date.now());
  });
  await train();

  await start();
  await showGallery();
  await expectStatus(201, 'POST', '/v1/subscriptions', { url: 'http://localhost:9/hook', events: ['gallery.ready'] });
  await send('second');
  await waitForStores(
    ['archived-merges', 'archived-slates', 'batch-gallery', 'counts', 'dead-letters', 'unlogged'],
    // Again, since `npm start` runs the jobs, too: a run that finds another at work does nothing.
    ['end-merges', 'refresh-statistics', 'export-snapshot', 'compute-galleries'],
  );
  await showGallery();

  const deleted = await call('DELETE', `/v1/users/${PLAYER}`);
  expect(deleted.status).toBe(202);
  const { erasureId } = (await deleted.json()) as ErasureReceipt;
  const readReceipt = async () => (await (await call('GET', `/v1/erasures/${erasureId}`)).json()) as ErasureReceipt;
  await expect.poll(readReceipt, { interval: 500 }).toMatchObject({ state: 'done', release: null });
  const release = await train();
  const receipt = await readReceipt();
  console.log(formatReceipt(receipt));
  expect(receipt.release).toBe(release);
  for (const { store, state: progress, rows } of receipt.stores) {
    expect(progress, store).toBe('done');
    // The job that counts exposures leaves none for longer than a minute.
    if (store !== 'exposures') expect(rows, store).toBeGreaterThan(0);
  }
  // The object keeps in mind for some seconds that it must withdraw its report of unlogged events.
  await expect.poll(listStores, { interval: 1_000 }).toEqual(['export']);
  expect(readShownReceipt().stores.map(({ store }) => store)).toEqual(receipt.stores.map(({ store }) => store));
});

/** Runs a copy of this project, changed as this test needs it. */
async function openProject(state: string) {
  const key = ensureDevelopmentKey(() => {});
  const project = path.join(state, 'project');
  copyProject(project);
  changeConfig(path.join(project, 'wrangler.toml'));
  const port = await findFreePort();
  const url = `http://localhost:${port}`;
  let pid: number;
  return {
    /** Returns what the npm script printed. */
    async run(...args: string[]) {
      const npm = runNpm(state, [...args, '--state', state], project);
      expect(await npm.exited, npm.readOutput()).toBe(0);
      return npm.readOutput();
    },
    async start(...args: string[]) {
      const npm = runNpm(
        state,
        ['start', '--', '--no-open', '--port', String(port), '--state', state, ...args],
        project,
      );
      pid = npm.pid;
      await npm.waitForText('ready http');
    },
    /** With a second Ctrl-C: events that no consumer takes cannot be drained. */
    async stop() {
      const isRunning = () => findProcesses(state).length > 0;
      process.kill(-pid, 'SIGINT');
      await sleep(1_000);
      process.kill(-pid, 'SIGINT');
      await expect.poll(isRunning).toBe(false);
    },
    call: (method: string, route: string, body?: object) =>
      fetch(url + route, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    async runJob(job: JobName) {
      const response = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cronOf(job))}`);
      expect(response.status, job).toBe(200);
    },
  };
}

/** Spreads the log, takes the consumer from the queue of events, and gives webhooks up at once. */
function changeConfig(file: string): void {
  spreadLog(file, DATABASES - 1);
  const sections = readFileSync(file, 'utf8').split(/^(?=\[)/m);
  const changed = sections.flatMap((section) => {
    if (!section.startsWith('[[queues.consumers]]')) return section;
    if (section.includes('queue = "events"\n')) return [];
    return section.includes('queue = "notifications"\n')
      ? section.replace(/max_retries = \d+/, 'max_retries = 0')
      : section;
  });
  expect(changed.join('')).not.toBe(sections.join(''));
  writeFileSync(file, changed.join(''));
}

const writeLines = (file: string, events: readonly object[]): string => {
  writeFileSync(file, events.map((event) => `${JSON.stringify({ kind: 'event', ...event })}\n`).join(''));
  return file;
};

/** The player's events as another store had logged them before the hot window of this one. */
const writeOldEvents = (folder: string): string => {
  const timestamp = Date.now() - 40 * DAY_MS;
  return writeLines(
    path.join(folder, 'old.jsonl'),
    [1, 2, 3].map((game) => ({
      ...{ id: `old-${game}`, userId: PLAYER, type: 'play', itemId: `g${game}`, value: 30 },
      ...{ timestamp: timestamp + game, receivedAt: timestamp + game },
    })),
  );
};

/** Events of the last days: the player's, the guest's, and those of enough others for a training. */
const writeEvents = (folder: string): string =>
  writeLines(
    path.join(folder, 'events.jsonl'),
    [PLAYER, GUEST, ...Array.from({ length: 60 }, (_, index) => `player-${index}`)].flatMap((userId, user) =>
      Array.from({ length: 8 }, (_, index) => ({
        ...{ id: `event-${index}`, userId, type: 'play', itemId: `g${(user * 7 + index * (1 + (user % 3))) % 30}` },
        ...{ value: 30, timestamp: Date.now() - 2 * DAY_MS + index * 3_600_000 },
      })),
    ),
  );

/** A store on each line, as docs/privacy.md has it. */
const formatReceipt = (receipt: ErasureReceipt): string =>
  JSON.stringify(receipt, null, 2).replace(/\{\s+"store"[^}]+\}/g, (store) => store.replace(/\s+/g, ' '));

/** The receipt in docs/privacy.md. */
function readShownReceipt(): ErasureReceipt {
  const text = readFileSync(path.join(PROJECT_DIR, 'docs/privacy.md'), 'utf8');
  return JSON.parse(/```json\n([^`]+)```/.exec(text)![1]!);
}
