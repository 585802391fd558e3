// Ctrl-C during a training: the first ends the training early, the second ends the process.

import { INTERRUPTED, SAME_INTERRUPT_MS } from './shutdown.ts';

/** Handles SIGINT from now on: once `train` has settled, the next one ends the process. */
export async function endEarlyOnInterrupt<T>(train: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let interruptedAt = Number.NEGATIVE_INFINITY;
  let training = true;
  process.on('SIGINT', () => {
    if (performance.now() - interruptedAt < SAME_INTERRUPT_MS) return;
    if (controller.signal.aborted || !training) process.exit(INTERRUPTED);
    interruptedAt = performance.now();
    console.error('\nEnding early with the best so far; Ctrl-C again ends at once.');
    controller.abort();
  });
  try {
    return await train(controller.signal);
  } finally {
    training = false;
  }
}
