// The end of a call: the caller's abort, or the timeout.

export interface Deadline {
  signal: AbortSignal;
  /** Remaining milliseconds. */
  getRestMs(): number;
  /** Rejects with the signal's reason once the deadline has passed. */
  race<T>(work: Promise<T>): Promise<T>;
}

export function startDeadline(ms: number, aborted?: AbortSignal): Deadline {
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(ms);
  const signal = aborted ? AbortSignal.any([aborted, timeout]) : timeout;
  const passed = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  passed.catch(() => {});
  return {
    signal,
    getRestMs: () => ms - (performance.now() - startedAt),
    async race(work) {
      signal.throwIfAborted();
      return Promise.race([work, passed]);
    },
  };
}
