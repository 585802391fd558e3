import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

const FIVE_MINUTES_MS = 300_000;

test('calls without end stay below the limit in every five minutes; a few do not wait', async () => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const pace = createPace({ now: () => now, sleep });
  const calls: number[] = [];
  for (let n = 0; n < 4_000; n++) {
    await pace();
    calls.push(now);
    now += 10;
  }
  const most = Math.max(...calls.map((from) => calls.filter((at) => at >= from && at < from + FIVE_MINUTES_MS).length));
  expect(most).toBeLessThan(1_100);
  expect(most).toBeGreaterThan(900);
  expect(calls[200]).toBe(2_000);
});
