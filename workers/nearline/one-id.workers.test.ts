// One id goes through the Worker, the player's object and the consumer.

import {
  createExecutionContext,
  createMessageBatch,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { ItemInput } from '../../models/contracts/item.ts';
import { makeEvent } from '../../tests/event.ts';
import worker from '../index.ts';
import { insertEvents } from '../storage/events.ts';
import { putItems } from '../storage/items.ts';
import { consumeEvents } from './events-consumer.ts';
import { consumeSlates } from './slates-consumer.ts';

const down = () => {
  throw new Error('it is down: Bearer test-admin');
};
const BROKEN = { prepare: down, batch: down } as unknown as D1Database;

afterEach(() => vi.restoreAllMocks());

it('is in the lines of all three, and no line has the key', async () => {
  const lines: Record<string, unknown>[] = [];
  for (const level of ['error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  const game = (n: number) => ({ itemId: `g${n}`, ...ItemInput.parse({ title: `Game ${n}`, genres: ['Strategy'] }) });
  await putItems(
    env.DB,
    Array.from({ length: 20 }, (_, n) => game(n)),
  );
  await insertEvents(env.DB, [makeEvent('ann', 'play', 'g1', Date.now() - 1_000, { id: 'before' })]);
  // The object reads the player's log at the first request, and cannot.
  await runInDurableObject(env.USER_SIGNALS.getByName('ann'), (object) =>
    Object.assign(object, { env: { ...env, DB: BROKEN, LOG_0: BROKEN } }),
  );
  const queued: { events: unknown[]; slates: unknown[] } = { events: [], slates: [] };
  const bindings = {
    ...env,
    EVENTS: {
      send: async (body: unknown) => {
        queued.events.push(body);
        down();
      },
    } as unknown as Env['EVENTS'],
    SLATES: { send: async (body: unknown) => void queued.slates.push(body) } as unknown as Env['SLATES'],
  };
  const ctx = createExecutionContext();
  const response = await worker.fetch(
    new Request('http://edge/v1/users/ann/gallery', {
      method: 'POST',
      headers: { authorization: 'Bearer test-admin', 'cf-ray': '8f3a-ZRH', 'content-type': 'application/json' },
      body: JSON.stringify({ events: [{ id: '1', type: 'click', itemId: 'g1', userId: 'ann' }] }),
    }) as Parameters<typeof worker.fetch>[0],
    bindings,
    ctx,
  );
  expect(response.status).toBe(200);
  await waitOnExecutionContext(ctx);
  const messages = (kind: 'events' | 'slates') =>
    queued[kind].map((body, n) => ({ id: `${kind}-${n}`, timestamp: new Date(), attempts: 1, body }));
  expect(queued.events).toHaveLength(1);
  expect(queued.slates.length).toBeGreaterThan(0);
  await consumeEvents(createMessageBatch('events', messages('events')), env, [BROKEN]);
  await consumeSlates(createMessageBatch('slates', messages('slates')), { ...env, DB: BROKEN });

  const find = (alert: string) => lines.filter((line) => line.alert === alert);
  expect(find('events not queued')).toMatchObject([{ level: 'error', requestIds: ['8f3a-ZRH'] }]);
  expect(find('signals not read from the log')).toMatchObject([{ level: 'warn', requestId: '8f3a-ZRH' }]);
  expect(find('events not written')).toMatchObject([{ level: 'error', requestIds: ['8f3a-ZRH'] }]);
  expect(find('slates not written')).toMatchObject([{ requestIds: ['8f3a-ZRH'] }]);
  expect(JSON.stringify(lines)).toContain('[secret]');
  expect(JSON.stringify(lines)).not.toContain('test-admin');
});
