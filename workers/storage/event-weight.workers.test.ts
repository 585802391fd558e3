import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { EVENT_TYPES, type EventType } from '../../models/contracts/event.ts';
import { createRng } from '../../models/features/rng.ts';
import { weighEvent } from '../../models/features/weights.ts';
import { EVENT_WEIGHT } from './event-weight.ts';

it('weighs events in SQL as in TypeScript, including plays of unknown length', async () => {
  const next = createRng('event weights');
  const values: Partial<Record<EventType, () => number | null>> = {
    play: () => (next() < 0.3 ? null : Math.round(900 * next() ** 3)),
    rate: () => 0.5 + Math.round(9 * next()) / 2,
    view: () => 60 * next(),
    purchase: () => 70 * next(),
  };
  const events = Array.from({ length: 600 }, (_, index) => {
    const type = EVENT_TYPES[index % EVENT_TYPES.length]!;
    return { type, value: values[type]?.() ?? null };
  });
  const { results } = await env.DB.prepare(
    `select ${EVENT_WEIGHT} as weight from (select value->>0 as type, value->>1 as value from json_each(?1))`,
  )
    .bind(JSON.stringify(events.map(({ type, value }) => [type, value])))
    .all<{ weight: number }>();
  for (const [row, event] of events.entries())
    expect(results[row]!.weight, JSON.stringify(event)).toBeCloseTo(weighEvent(event), 12);
});
