// Measures the memory of the Worker before, during and after the fuzzed requests.

import { setTimeout as sleep } from 'node:timers/promises';
import type { AbuseServer } from './server.ts';

const SAMPLE_MS = 2_000;
/** The runtime evicts a player's object after ten seconds without a request. */
const EVICTED_AFTER_MS = 15_000;

/** In MB (2²⁰ bytes). */
export interface Memory {
  /** Resident memory of the Worker's process: the isolate, the stores of the local platform, and free pages. */
  process: { before: number; peak: number; after: number };
  /** Memory of the isolate after a garbage collection, players' objects included; `evicted`: without them. */
  isolate: { before: number; after: number; evicted: number };
}

/** Starts measuring. Returns a function that ends it. */
export async function watchMemory({
  readWorkerMB,
  readIsolateMB,
}: Pick<AbuseServer, 'readWorkerMB' | 'readIsolateMB'>): Promise<() => Promise<Memory>> {
  const isolateBefore = await readIsolateMB();
  const before = readWorkerMB();
  let peak = before;
  const sample = () => {
    try {
      peak = Math.max(peak, readWorkerMB());
    } catch {
      // The process has ended, which the end of the run reports.
      clearInterval(timer);
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return async () => {
    clearInterval(timer);
    const after = readWorkerMB();
    const isolateAfter = await readIsolateMB();
    await sleep(EVICTED_AFTER_MS);
    return {
      process: { before, peak: Math.max(peak, after), after },
      isolate: { before: isolateBefore, after: isolateAfter, evicted: await readIsolateMB() },
    };
  };
}
