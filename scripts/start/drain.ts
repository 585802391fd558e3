// Waits until the log has the events that were accepted: the local queue is in memory, and dies with the server. What
// does not arrive in time stays in the players' objects, which send it after the next start.

import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** Without an event logged for this long, the rest will not be logged now. */
const STANDSTILL_MS = 10_000;
const DRAIN_MAX_MS = 60_000;

/** The part of `/v1/status` that counts events. */
interface Status {
  log: { hours: { accepted: number; logged: number }[] };
}

/** Resolves with whether everything is logged. Never throws. `key`: may read `/v1/status`. */
export async function drainQueue(url: string, key: string): Promise<boolean> {
  const startedAt = performance.now();
  let logged = -1;
  let movedAt = startedAt;
  while (performance.now() - startedAt < DRAIN_MAX_MS) {
    const counts = await readCounts(url, key);
    // Twice the same: a process that died has not told of all that it had accepted.
    if (counts !== undefined && counts.logged === logged && counts.logged >= counts.accepted) return true;
    if (counts !== undefined && counts.logged !== logged) movedAt = performance.now();
    if (performance.now() - movedAt >= STANDSTILL_MS) return false;
    logged = counts?.logged ?? logged;
    await sleep(POLL_MS);
  }
  return false;
}

/** Undefined if the Worker does not answer. */
async function readCounts(url: string, key: string): Promise<{ accepted: number; logged: number } | undefined> {
  try {
    const response = await fetch(`${url}/v1/status`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const { log } = (await response.json()) as Status;
    const sum = (kind: 'accepted' | 'logged') => log.hours.reduce((total, hour) => total + hour[kind], 0);
    return { accepted: sum('accepted'), logged: sum('logged') };
  } catch {
    return undefined;
  }
}
