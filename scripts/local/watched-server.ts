// Keeps a local server running: asks it for its health, and starts it again on the same port and state when it has
// ended or does not answer any more. `wrangler dev` starts a Worker's process again by itself, but hangs for ever once
// its listener has died.

import { setTimeout as sleep } from 'node:timers/promises';
import { isHealthy, type LocalServer, startLocalServer } from './local-server.ts';

/** On two cores with a load of 20 an answer took 25 seconds: only a longer silence means that the server has died. */
const SILENCE_MAX_MS = 30_000;
const HEALTH_INTERVAL_MS = 2_000;
const STARTS_MAX = 3;

export interface WatchedServer extends Pick<LocalServer, 'url' | 'ready' | 'runCron' | 'stop'> {
  /** Resolves when the server could not be started again. */
  givenUp: Promise<void>;
}

export interface WatchedServerOptions {
  /** May read `/v1/status`. */
  key: string;
  /** Gets a line for each death. */
  report(message: string): void;
  /** Arguments of `wrangler dev`. */
  more?: readonly string[];
}

/** Returns at once, as `startLocalServer` does. */
export function startWatchedServer(
  port: number,
  state: string,
  { key, report, more = [] }: WatchedServerOptions,
): WatchedServer {
  let server = startLocalServer(port, state, more);
  const { url, ready, runCron } = server;
  let stopped = false;

  const watch = async (): Promise<void> => {
    for (let failedStarts = 0; failedStarts < STARTS_MAX; ) {
      const death = await waitForDeath(server, key, () => stopped);
      if (death === undefined) return new Promise(() => {});
      report(`The Worker ${death}; starting it again …`);
      await server.stop();
      if (stopped) return new Promise(() => {});
      server = startLocalServer(port, state, more);
      failedStarts = await server.ready.then(
        () => 0,
        () => failedStarts + 1,
      );
    }
  };
  return {
    url,
    ready,
    runCron,
    givenUp: ready.then(watch, () => new Promise<void>(() => {})),
    async stop() {
      stopped = true;
      await server.stop();
    },
  };
}

/** Resolves with what happened to the server; with undefined once it is to be stopped. */
async function waitForDeath(
  { url, ended }: LocalServer,
  key: string,
  isStopped: () => boolean,
): Promise<string | undefined> {
  let hasEnded = false;
  ended.then(() => {
    hasEnded = true;
  });
  let answeredAt = performance.now();
  for (;;) {
    await Promise.race([ended, sleep(HEALTH_INTERVAL_MS)]);
    if (hasEnded && !isStopped()) return 'has ended';
    const healthy = await Promise.race([isHealthy(url, SILENCE_MAX_MS), ended]);
    if (isStopped()) return undefined;
    const now = performance.now();
    if (healthy) answeredAt = now;
    else if (!hasEnded && now - answeredAt >= SILENCE_MAX_MS) return 'does not answer';
    if (healthy) await keepStoresOpen(url, key);
  }
}

/**
 * Reads D1. workerd closes a database after ten idle seconds, and locks it while it closes or opens one: a script that
 * opened it at that moment, or the Worker itself, would get SQLITE_BUSY. Never rejects.
 */
export const keepStoresOpen = (url: string, key: string, timeoutMs = HEALTH_INTERVAL_MS): Promise<unknown> =>
  fetch(`${url}/v1/status`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(timeoutMs),
  })
    .then((response) => response.arrayBuffer())
    .catch(() => undefined);
