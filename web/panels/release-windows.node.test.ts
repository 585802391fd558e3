import { expect, test } from 'vitest';
import { findReleaseWindow, RELEASE_WINDOWS, toReleaseDates } from './release-windows.ts';

const DAY_MS = 86_400_000;
const PRESSED_AT = Date.UTC(2026, 10, 26, 23, 59);

test('a window is found again on the day of the press, the next day and months later', () => {
  for (const window of RELEASE_WINDOWS)
    for (const days of [0, 1, 300])
      expect(findReleaseWindow(toReleaseDates(window, PRESSED_AT), PRESSED_AT + days * DAY_MS)).toBe(window);
});

test('dates chosen elsewhere are no window', () => {
  const since = (releasedFrom: string, releasedUntil: string | null = null) =>
    findReleaseWindow({ releasedFrom, releasedUntil }, PRESSED_AT);
  expect(since('1990-01-01')).toBeUndefined();
  expect(since('2024-11-26', '2025-01-01')).toBeUndefined();
  // A window of two years, chosen two years ago.
  expect(since('2023-02-01')).toBeUndefined();
});
