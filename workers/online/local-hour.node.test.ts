import { expect, test } from 'vitest';
import { readLocalHour } from './local-hour.ts';

const at = (iso: string) => Date.parse(iso);

test('tells the hour in a zone, also right after it changed', () => {
  expect(readLocalHour('Europe/Zurich', at('2026-11-27T22:59:59Z'))).toBe(23);
  expect(readLocalHour('Europe/Zurich', at('2026-11-27T23:00:00Z'))).toBe(0);
  // Nepal is 5:45 ahead of UTC.
  expect(readLocalHour('Asia/Kathmandu', at('2026-11-27T10:14:59Z'))).toBe(15);
  expect(readLocalHour('Asia/Kathmandu', at('2026-11-27T10:15:00Z'))).toBe(16);
  // The end of summer time.
  expect(readLocalHour('Europe/Zurich', at('2026-10-25T00:59:00Z'))).toBe(2);
  expect(readLocalHour('Europe/Zurich', at('2026-10-25T01:01:00Z'))).toBe(2);
  expect(readLocalHour('Europe/Zurich', at('2026-10-25T02:01:00Z'))).toBe(3);
});

test('an unknown zone has no hour', () => {
  expect(readLocalHour(undefined, at('2026-11-27T12:00:00Z'))).toBeNull();
  expect(readLocalHour('Mars/Olympus', at('2026-11-27T12:00:00Z'))).toBeNull();
});
