import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test('a duration has a number and a unit', () => {
  const ms = ['90s', '10m', '1h', '1.5h'].map(parseDuration).map((parsed) => parsed.ok && parsed.value);
  expect(ms).toEqual([90_000, 600_000, 3_600_000, 5_400_000]);
  for (const wrong of ['', '10', 'm', '0s', '-1m', '10 m', '1h30m', '1d', 'Infinitys'])
    expect(parseDuration(wrong), wrong).toEqual({ ok: false, error: 'Write a duration like 90s, 10m or 1h.' });
  expect([-5, 400, 119_000, 125_000, 3_600_000].map(formatDuration)).toEqual(['0s', '0s', '119s', '2m', '60m']);
});
