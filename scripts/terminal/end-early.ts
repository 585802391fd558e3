// Ctrl-C while something learns: the first ends the learning early, the second ends the process.

/** As shells have it: 128 and the number of the signal. */
const INTERRUPTED = 130;
/** npm passes on the Ctrl-C that the terminal has sent already: what comes so soon after the first is the same one. */
const SAME_INTERRUPT_MS = 500;

/** After `learn` is done, any Ctrl-C ends the process. */
export async function endEarlyOnInterrupt<T>(learn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let interruptedAt = Number.NEGATIVE_INFINITY;
  let learning = true;
  // Wrangler's, which ends the process at once. Its hook on exit stays, and stops workerd.
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => {
    if (performance.now() - interruptedAt < SAME_INTERRUPT_MS) return;
    if (controller.signal.aborted || !learning) process.exit(INTERRUPTED);
    interruptedAt = performance.now();
    console.error('\nEnding early with the best so far; Ctrl-C again ends at once.');
    controller.abort();
  });
  try {
    return await learn(controller.signal);
  } finally {
    learning = false;
  }
}
