// The end of a call: the caller's abort, or the time-out.

import { createOwnProblem } from './problem.ts';

export interface Deadline {
  signal: AbortSignal;
  /** Remaining milliseconds. */
  getRestMs(): number;
  /** Rejects once the deadline has passed. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Frees the timer. */
  end(): void;
}

export function startDeadline(ms: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  const startedAt = performance.now();
  const abort = () => controller.abort(signal!.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  const timer = setTimeout(() => controller.abort(createOwnProblem('timeout', `No answer within ${ms} ms`)), ms);
  const passed = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  passed.catch(() => {});
  return {
    signal: controller.signal,
    getRestMs: () => ms - (performance.now() - startedAt),
    async race(work) {
      controller.signal.throwIfAborted();
      return Promise.race([work, passed]);
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
