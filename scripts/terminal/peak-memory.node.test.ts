import { expect, test } from 'vitest';
import { readPeakMemoryMB } from './peak-memory.ts';

test('the peak includes memory that was allocated only briefly, in MB', () => {
  const before = readPeakMemoryMB();
  expect(Buffer.alloc(300 * 1024 * 1024, 1).at(-1)).toBe(1);
  const risen = readPeakMemoryMB() - before;
  expect(risen).toBeGreaterThan(100);
  expect(risen).toBeLessThan(1_000);
});
