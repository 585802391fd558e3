// Runs `wrangler dev` as a child in its own process group, so that it can be ended whole: killing only wrangler's parent
// would leave workerd behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_DIR } from './platform.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 200;
const STOP_TIMEOUT_MS = 5_000;

export interface LocalServer {
  url: string;
  /** Settles when the server has ended, however that came about. */
  ended: Promise<void>;
  /** Fires a cron as Cloudflare would. Throws where the job failed. */
  runCron(cron: string): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves once the Worker answers. `more`: further arguments of `wrangler dev`. Throws with the end of the log where it does not start. */
export async function startLocalServer(
  port: number,
  state: string,
  more: readonly string[] = [],
): Promise<LocalServer> {
  mkdirSync(state, { recursive: true });
  const logFile = path.join(state, 'wrangler.log');
  const log = createWriteStream(logFile);
  const child = spawn(
    process.execPath,
    [
      path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js'),
      'dev',
      ...['--port', String(port), '--persist-to', state, '--show-interactive-dev-session=false'],
      ...more,
    ],
    { cwd: PROJECT_DIR, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: '1' } },
  );
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  let running = true;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      running = false;
      resolve();
    }),
  );
  const url = `http://localhost:${port}`;
  const stop = () => stopGroup(child, ended);

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(`${url}/health`))) {
    if (running && Date.now() < deadline) {
      await sleep(POLL_MS);
      continue;
    }
    await stop();
    const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
    throw new Error(`the Worker did not start on port ${port} (is it in use? try --port). From ${logFile}:\n${tail}`);
  }
  return {
    url,
    ended,
    stop,
    async runCron(cron) {
      const response = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`);
      if (!response.ok) throw new Error(`cron ${cron}: ${response.status} ${await response.text()}; see ${logFile}`);
    },
  };
}

/** One that nothing listens at just now. */
export const findFreePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

async function stopGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // Already gone.
    }
  };
  signal('SIGTERM');
  await Promise.race([ended, sleep(STOP_TIMEOUT_MS)]);
  // Whatever of the group is left: workerd, when wrangler did not get to end it.
  signal('SIGKILL');
}
