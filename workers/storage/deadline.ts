// Waiting no longer than agreed. D1, R2, Durable Object calls and ORT take no AbortSignal, so the work goes on; only
// the waiting ends.

export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/** Settles as the promise does, or rejects with a DeadlineError after `ms`. A late rejection is swallowed. */
export async function withDeadline<T>(promise: Promise<T>, ms: number, step: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`${step}: no answer within ${ms} ms`)), ms);
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
