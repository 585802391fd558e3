// Estimates the server's clock from the Date header of its answers: a device's clock may be wrong. No I/O.

/** Bounds of the offset from the client’s clock to the server's. */
export interface ClockOffset {
  minMs: number;
  maxMs: number;
}

/** The header leaves out the fraction of the second. */
const DATE_STEP_MS = 1_000;

/** Each answer narrows the bounds. Times in epoch milliseconds on the client’s clock. */
export function narrowOffset(
  known: ClockOffset | undefined,
  date: string | null,
  sentAt: number,
  receivedAt: number,
): ClockOffset | undefined {
  const served = Date.parse(date ?? '');
  if (Number.isNaN(served)) return known;
  const fresh = { minMs: served - receivedAt, maxMs: served + DATE_STEP_MS - sentAt };
  if (known === undefined) return fresh;
  const narrowed = { minMs: Math.max(known.minMs, fresh.minMs), maxMs: Math.min(known.maxMs, fresh.maxMs) };
  // The bounds exclude each other: a clock was set between the two answers.
  return narrowed.minMs <= narrowed.maxMs ? narrowed : fresh;
}
