// Parses gorse's `write-back-delay`, a Go duration such as 1m30s.

import { CLOCK_SKEW_MS } from '../../models/contracts/event.ts';
import { invalidInput } from '../online/problems.ts';

const DURATION = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;

/** Returns milliseconds. Refuses more than five minutes, since an event may be no further ahead of the server. */
export function parseWriteBackDelay(text: string): number {
  const [matched, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(text) ?? [];
  if (matched === undefined) throw refuse('must be a duration such as 1m30s');
  const delayMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  if (delayMs > CLOCK_SKEW_MS) throw refuse('must be at most 5m');
  return delayMs;
}

const refuse = (message: string) => invalidInput([{ path: ['write-back-delay'], message }]);
