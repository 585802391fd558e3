// Runs `wrangler dev` as a child in its own process group, so that all of it can be ended: killing only wrangler would
// leave workerd behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_DIR } from './project.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 200;
const STOP_TIMEOUT_MS = 5_000;
const LOG_LINES = 15;

export interface LocalServer {
  url: string;
  /** Resolves once the Worker answers. Rejects with the end of the log if it does not start. */
  ready: Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  ended: Promise<void>;
  /** Fires a cron as Cloudflare would. Throws if the job fails. */
  runCron(cron: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Returns at once, so that the caller can stop a server that is still starting. `more`: arguments of `wrangler dev`.
 */
export function startLocalServer(port: number, state: string, more: readonly string[] = []): LocalServer {
  mkdirSync(state, { recursive: true });
  const logFile = path.join(state, 'wrangler.log');
  const child = spawnWrangler(['--port', String(port), '--persist-to', state, ...more], logFile);
  const url = `http://localhost:${port}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Covers every way out of this process but SIGKILL, and no waiting: exit handlers are synchronous.
  const kill = () => signalGroup(child, 'SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    await stopGroup(child, ended);
    process.removeListener('exit', kill);
  };
  const ready = waitUntilReady(url, ended).catch(async () => {
    await stop();
    const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
    throw new Error(`the Worker did not start on port ${port} (is it in use? try --port). From ${logFile}:\n${tail}`);
  });
  return {
    url,
    ready,
    ended,
    stop,
    async runCron(cron) {
      const response = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`);
      if (!response.ok) throw new Error(`cron ${cron}: ${response.status} ${await response.text()}; see ${logFile}`);
    },
  };
}

/** Finds a port that nothing listens on at the moment. */
export const findFreePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });

function spawnWrangler(args: readonly string[], logFile: string) {
  const wrangler = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [wrangler, 'dev', '--show-interactive-dev-session=false', ...args], {
    cwd: PROJECT_DIR,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '1' },
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  return child;
}

/** Throws if the server ends first or takes too long. */
async function waitUntilReady(url: string, ended: Promise<void>): Promise<void> {
  let running = true;
  ended.then(() => {
    running = false;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(`${url}/health`))) {
    if (!running || Date.now() > deadline) throw new Error(`${url} does not answer`);
    await sleep(POLL_MS);
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

async function stopGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  // wrangler may have ended without ending workerd.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, name);
  } catch {
    // The group has ended.
  }
}
