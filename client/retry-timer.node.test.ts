import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openRetryTimer } from './retry-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('the wait that the server asks for holds, whatever fails, is recorded or comes back meanwhile', async () => {
  const run = vi.fn();
  const timer = openRetryTimer(run);
  timer.fail(60_000);
  timer.fail();
  timer.hurry();
  timer.schedule(0);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(run).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(run).toHaveBeenCalledOnce();
});

it('back online, it runs at once after a failure, and not without one', async () => {
  const run = vi.fn();
  const timer = openRetryTimer(run);
  timer.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(run).not.toHaveBeenCalled();
  timer.fail();
  timer.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(run).toHaveBeenCalledOnce();
});
