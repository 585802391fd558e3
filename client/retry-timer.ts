// Decides when the queue sends next: soon after an event, later after each failure, not earlier than the server asks.

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** Half of the delay is random, so that clients that failed together do not retry together. */
export const computeBackoffMs = (failures: number, maxMs: number): number =>
  Math.min(maxMs, RETRY_MIN_MS * 2 ** failures) * (1 - Math.random() / 2);

export interface RetryTimer {
  /** Runs after the time, or earlier if it was due earlier. After a failure: not before the retry. */
  schedule(ms: number): void;
  succeed(): void;
  /** `waitMs`: the least to wait, whatever happens meanwhile. */
  fail(waitMs?: number): void;
  /** Runs now if it waits after a failure, unless the server asked for a longer wait. */
  hurry(): void;
  cancel(): void;
  /** Never runs again. */
  stop(): void;
}

export function openRetryTimer(run: () => void): RetryTimer {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let notBefore = 0;
  let isStopped = false;

  const cancel = () => {
    clearTimeout(timer);
    dueAt = Number.POSITIVE_INFINITY;
  };
  const start = (leastMs: number) => {
    cancel();
    if (isStopped) return;
    const ms = Math.max(leastMs, notBefore - performance.now());
    dueAt = performance.now() + ms;
    timer = setTimeout(() => {
      cancel();
      run();
    }, ms);
    // The events are kept: a Node process need not wait for them.
    (timer as { unref?: () => void }).unref?.();
  };
  return {
    schedule(ms) {
      if (performance.now() + ms < dueAt && (failures === 0 || dueAt === Number.POSITIVE_INFINITY)) start(ms);
    },
    succeed() {
      failures = 0;
    },
    fail(waitMs = 0) {
      notBefore = Math.max(notBefore, performance.now() + waitMs);
      start(computeBackoffMs(failures++, RETRY_MAX_MS));
    },
    hurry() {
      if (failures > 0) start(0);
    },
    cancel,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
