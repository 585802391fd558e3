// Samples the memory of the Worker's process during a run.

import type { AbuseServer } from './server.ts';

const SAMPLE_MS = 2_000;

/** Resident memory in MB (2²⁰ bytes). */
export interface Memory {
  beforeMB: number;
  peakMB: number;
  afterMB: number;
}

/** Starts sampling. Returns a function that ends it. */
export function watchMemory({ readWorkerMB }: Pick<AbuseServer, 'readWorkerMB'>): () => Memory {
  const beforeMB = readWorkerMB();
  let peakMB = beforeMB;
  const timer = setInterval(() => {
    peakMB = Math.max(peakMB, readWorkerMB());
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    const afterMB = readWorkerMB();
    return { beforeMB, peakMB: Math.max(peakMB, afterMB), afterMB };
  };
}
