// Waits for a state of a server that a benchmark needs. It starts nothing.

import { setTimeout as sleep } from 'node:timers/promises';

/** Much longer than a busy machine needs. */
const LIMIT_MS = 120_000;

/** Asks again and again until `holds`; throws once the limit has passed. `state`: for the error, “the model serves”. */
export async function waitUntil(
  state: string,
  holds: () => Promise<boolean>,
  pollMs = 0,
  limitMs = LIMIT_MS,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it takes more than ${limitMs / 1_000} seconds until ${state}`);
    await sleep(pollMs);
  }
}
