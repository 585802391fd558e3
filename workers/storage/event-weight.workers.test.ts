import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { EVENT_TYPES, type EventType, RETRACTIONS } from '../../models/contracts/event.ts';
import { createRng } from '../../models/features/rng.ts';
import { computeStatistics } from '../../models/features/statistics.ts';
import { weighEvent } from '../../models/features/weights.ts';
import { makeEvent } from '../../tests/event.ts';
import { readCountryCounts, readDailyCounts } from './daily-counts.ts';
import { insertEvents } from './events.ts';

const TODAY = 20_500;

it('sums event weights, including plays of unknown length', async () => {
  const next = createRng('event weights');
  const values: Partial<Record<EventType, () => number | null>> = {
    play: () => (next() < 0.3 ? null : Math.round(900 * next() ** 3)),
    rate: () => 0.5 + Math.round(9 * next()) / 2,
    view: () => 60 * next(),
    purchase: () => 70 * next(),
  };
  // Retractions count for nothing.
  const types = EVENT_TYPES.filter(
    (type) => type !== 'search' && type !== 'impression' && RETRACTIONS[type] === undefined,
  );
  const events = Array.from({ length: 600 }, (_, index) => {
    const type = types[index % types.length]!;
    const changes = { id: `e${index}`, value: values[type]?.() ?? null, country: 'CH' };
    return makeEvent('ann', type, `g${Math.floor(4 * next())}`, TODAY * 86_400_000, changes);
  });
  await insertEvents(env.DB, events);
  const counts = await readDailyCounts(env.DB, 0);
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(events.length);
  for (const { itemId, type, weightSum } of counts) {
    const own = events.filter((event) => event.itemId === itemId && event.type === type);
    expect(weightSum, `${type} of ${itemId}`).toBeCloseTo(
      own.reduce((sum, event) => sum + weighEvent(event), 0),
      9,
    );
  }
  const sort = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort();
  const countries = await readCountryCounts(env.DB, 0);
  expect(sort(countries.map(({ country: _, ...count }) => count))).toEqual(sort(counts));

  // Popularity is the sum of all events.
  const { popular } = computeStatistics(counts, [], TODAY, '2026-01-01T00:00:00Z');
  expect(popular).toHaveLength(4);
  for (const [itemId, score] of popular) {
    const own = events.filter((event) => event.itemId === itemId);
    expect(score).toBeCloseTo(
      own.reduce((sum, event) => sum + weighEvent(event), 0),
      9,
    );
  }
});
