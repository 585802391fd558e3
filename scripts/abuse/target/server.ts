// Starts the product's Worker under `wrangler dev` over an empty store of its own, and reads the output
// and memory of its processes. The server is not restarted after a crash: the run must notice it.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findServer } from '../../local/find-server.ts';
import { readHeapUsage } from '../../local/heap-usage.ts';
import { findFreePort, startLocalServer } from '../../local/local-server.ts';
import type { WorkerConfig } from '../../local/write-worker-config.ts';
import { runScript } from '../../start/run-script.ts';
import type { Shutdown } from '../../terminal/shutdown.ts';
import { formatSecrets, type Secrets } from './secrets.ts';
import { findWorkerPort } from './worker-port.ts';

const KB_PER_MB = 1024;
const BYTES_PER_MB = 2 ** 20;

/** A page of this origin may read answers to the store's keys. */
export const LISTED_ORIGIN = 'https://admin.store.example';
/** Games a day for which one player counts: fewer than the catalogue has. */
export const COUNTED_GAMES = 20;
/** The smallest budget that the setting allows, so that a run can exceed it. */
export const SLATE_MB = 1;
const VARS = {
  GUESTS: 'on',
  GORSE_API: 'off',
  CORS_ORIGINS: LISTED_ORIGIN,
  COUNTED_GAMES_PER_DAY: String(COUNTED_GAMES),
  SLATE_MB_PER_DAY: String(SLATE_MB),
  // The requests of a run come from one address. attacks/rates.ts tests the limits with a key that has its own.
  PLAYER_REQUESTS_PER_MINUTE: 'unlimited',
  KEY_REQUESTS_PER_MINUTE: 'unlimited',
  ADDRESS_REQUESTS_PER_MINUTE: 'unlimited',
  GUESTS_PER_MINUTE: 'unlimited',
  PERSONAL_DATA_PER_MINUTE: 'unlimited',
};

export interface AbuseServer {
  port: number;
  /** The port of the Worker's process itself, behind wrangler's listener; `port` if it cannot be found. */
  workerPort: number;
  state: string;
  runCron(cron: string): Promise<void>;
  /** Id of the Worker's process; it changes after a crash. Throws if there is none. */
  readWorkerPid(): number;
  /** Resident memory of the Worker's process, in MB (2²⁰ bytes). */
  readWorkerMB(): number;
  /** Memory of the isolate after a garbage collection, array buffers included, in MB (2²⁰ bytes). */
  readIsolateMB(): Promise<number>;
  /** Everything that wrangler and the Worker have printed. */
  readLog(): string;
  stop(): Promise<void>;
}

export async function startServer(state: string, secrets: Secrets, shutdown: Shutdown): Promise<AbuseServer> {
  const file = path.join(state, 'wrangler.json');
  const config: WorkerConfig = { file, state, main: 'workers/index.ts', vars: VARS };
  await runScript(shutdown, 'local/write-worker-config.ts', [JSON.stringify(config)]);
  // Not among the settings, which wrangler prints when it starts.
  writeFileSync(path.join(state, '.dev.vars'), formatSecrets(secrets), { mode: 0o600 });
  const port = await findFreePort();
  const inspectorPort = await findFreePort();
  const server = startLocalServer(port, state, ['--config', file, '--inspector-port', String(inspectorPort)]);
  const forget = shutdown.add(server.stop);
  await server.ready;
  const readWorkerPid = () => {
    const found = findServer(port);
    if (found === undefined) throw new Error('the Worker’s process has ended');
    return found.worker.pid;
  };
  return {
    port,
    workerPort: (await findWorkerPort(readWorkerPid())) ?? port,
    state,
    runCron: server.runCron,
    readWorkerPid,
    readWorkerMB: () => readResidentMB(readWorkerPid()),
    readIsolateMB: () => readIsolateMB(inspectorPort, server.url),
    readLog: () => readFileSync(path.join(state, 'wrangler.log'), 'utf8'),
    async stop() {
      await server.stop();
      forget();
    },
  };
}

const readResidentMB = (pid: number): number =>
  Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / KB_PER_MB);

async function readIsolateMB(inspectorPort: number, url: string): Promise<number> {
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await readHeapUsage(inspectorPort, url);
  return Math.round((usedSize + embedderHeapUsedSize + backingStorageSize) / BYTES_PER_MB);
}
