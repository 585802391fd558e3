// Runs `wrangler dev` with all its processes: two workerds, the listener and the Worker's. Starts nothing again:
// watched-server.ts does.

import { randomInt } from 'node:crypto';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardedProcess, spawnGuarded } from './guarded-process.ts';
import { PROJECT_DIR } from './project.ts';

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 200;
/** The first answer compiles the Worker: seven seconds on a busy machine. */
const ANSWER_TIMEOUT_MS = 15_000;
const LOG_LINES = 15;
/** The folder of wrangler's trace store, which earlier versions filled. */
const TRACES = 'v3/observability';

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
 * Appends to the log in the state folder.
 */
export function startLocalServer(port: number, state: string, more: readonly string[] = []): LocalServer {
  mkdirSync(state, { recursive: true });
  rmSync(path.join(state, TRACES), { recursive: true, force: true });
  const logFile = path.join(state, 'wrangler.log');
  const spawn = () => spawnWrangler(['--port', String(port), '--persist-to', state, ...more], logFile);
  let wrangler = spawn();
  let stopped = false;
  const url = `http://localhost:${port}`;
  const ended = wrangler.exited.then(async () => {
    if (stopped || !hasLostPort(readEnd(logFile))) return;
    wrangler = spawn();
    await wrangler.exited;
  });
  const stop = () => {
    stopped = true;
    return wrangler.stop();
  };
  const ready = waitUntilReady(url, ended).catch(async () => {
    await stop();
    const cause = `is it in use? try --port). From ${logFile}:\n${readEnd(logFile)}`;
    throw new Error(`the Worker did not start on port ${port} (${cause}`);
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

const readEnd = (logFile: string): string =>
  readFileSync(logFile, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');

/** wrangler picks ports for its own use well before workerd binds them: another program may take one meanwhile. */
export const hasLostPort = (logEnd: string): boolean => /Address already in use \(socket "direct:/.test(logEnd);

/** Below those that systems give to programs that do not ask for a certain one. No browser refuses one of them. */
const PORTS = [10_100, 32_768] as const;

/**
 * Finds a port that nothing listens on at the moment. Not one that the system offers: until the caller listens on it,
 * which takes wrangler seconds, the system would offer it to others, too.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

function spawnWrangler(args: readonly string[], logFile: string): GuardedProcess {
  const script = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
  const wrangler = spawnGuarded(script, ['dev', '--show-interactive-dev-session=false', ...args], {
    cwd: PROJECT_DIR,
    stdout: 'pipe',
    stderr: 'pipe',
    // Switches off the trace store: it keeps the full address of every request and grows without bound.
    env: { ...process.env, CI: '1', X_LOCAL_OBSERVABILITY: 'false' },
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  wrangler.stdout!.pipe(log);
  wrangler.stderr!.pipe(log);
  return wrangler;
}

/** Throws if the server ends first or takes too long. */
async function waitUntilReady(url: string, ended: Promise<void>): Promise<void> {
  let running = true;
  ended.then(() => {
    running = false;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isHealthy(url, ANSWER_TIMEOUT_MS))) {
    if (!running || Date.now() > deadline) throw new Error(`${url} does not answer`);
    await sleep(POLL_MS);
  }
}

/** True if the Worker answers in time, body included. Never rejects. */
export const isHealthy = (url: string, timeoutMs: number): Promise<boolean> =>
  fetch(`${url}/health`, { signal: AbortSignal.timeout(timeoutMs) })
    .then(async (response) => {
      await response.text();
      return response.ok;
    })
    .catch(() => false);
