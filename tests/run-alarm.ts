// Runs an object's alarm in tests, at its own time: duties that are not due would not run.

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import type { UserSignals } from '../workers/nearline/user-signals.ts';

/** Runs the next alarm as if its time had come; false if none is set. */
export async function runAlarm(object: DurableObjectStub<UserSignals>): Promise<boolean> {
  const alarmAt = await runInDurableObject(object, (_, { storage }) => storage.getAlarm());
  if (alarmAt === null) return false;
  const isFake = vi.isFakeTimers();
  vi.setSystemTime(alarmAt);
  try {
    return await runDurableObjectAlarm(object);
  } finally {
    // A test that moves time itself stays at the alarm's.
    if (!isFake) vi.useRealTimers();
  }
}
