import { expect, it } from 'vitest';
import { createRecommendationId, readMoment } from './recommendation-id.ts';

const NOW = Date.UTC(2026, 10, 26);
const HOUR = 3_600_000;

it('carries the moment of an answer, and is unique', () => {
  for (const row of [0, 1, 6_000, 0xffffffff]) {
    const ids = Array.from({ length: 100 }, () => createRecommendationId({ row, at: NOW }));
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(readMoment(id, NOW + HOUR)).toEqual({ row, at: NOW });
    }
  }
});

it('has no moment if it is not ours, or a day old; a clock that is behind reads the present', () => {
  for (const id of [undefined, '', 'made-in-bulk', createRecommendationId(undefined), crypto.randomUUID()])
    expect(readMoment(id, NOW)).toBeUndefined();
  const id = createRecommendationId({ row: 7, at: NOW });
  expect(readMoment(id, NOW + 24 * HOUR)).toEqual({ row: 7, at: NOW });
  expect(readMoment(id, NOW + 24 * HOUR + 1)).toBeUndefined();
  expect(readMoment(id, NOW - 5)).toEqual({ row: 7, at: NOW - 5 });
});
