// Bounds how long a caller waits. D1, R2, Durable Object calls and ORT take no AbortSignal: the work goes on, only the
// waiting ends.

export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/** Settles as the promise does, or rejects with a DeadlineError after `waitMs`. A late rejection is swallowed. */
export async function withDeadline<T>(promise: Promise<T>, waitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${waitMs} ms`)), waitMs);
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
