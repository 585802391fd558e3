import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { Slate } from '../../models/contracts/slate.ts';
import { deleteOldSlates, insertSlates, readSlatePage } from '../storage/slates.ts';
import { consumeSlates } from './slates-consumer.ts';

const slate = (recommendationId: string, shownAt: number): Slate => ({
  recommendationId,
  userId: 'ann',
  shownAt,
  tier: 'online',
  release: 'v1',
  country: 'CH',
  platform: null,
  featuresHash: 'abc',
  entries: [
    { itemId: 'g1', rowId: 'top-picks', row: 0, column: 0, propensity: 0.9, exploration: false, shuffled: false },
  ],
  features: 'AACAPw==',
});
const message = (id: string, body: unknown) => ({ id, timestamp: new Date(), attempts: 1, body });
const END = { shownAt: Number.MAX_SAFE_INTEGER, recommendationId: '' };

beforeEach(() => env.DB.batch([env.DB.prepare('delete from slates'), env.DB.prepare('delete from dead_letters')]));

it('writes each slate once, keeps an invalid one as a dead letter, and reads pages newest first', async () => {
  for (let round = 0; round < 2; round++) {
    const batch = createMessageBatch('slates', [
      message('m1', slate('r1', 1_000)),
      message('m2', slate('r2', 2_000)),
      message('m3', { nonsense: true }),
      message('m4', slate('r3', 2_000)),
    ]);
    await consumeSlates(batch, env.DB);
    expect((await getQueueResult(batch, createExecutionContext())).ackAll).toBe(true);
  }
  const first = await readSlatePage(env.DB, END, 2);
  expect(first.map(({ recommendationId }) => recommendationId)).toEqual(['r3', 'r2']);
  const [last, ...more] = await readSlatePage(env.DB, first[1]!, 2);
  expect(more).toEqual([]);
  expect(Slate.parse(JSON.parse(last!.body))).toEqual(slate('r1', 1_000));
  const letter = await env.DB.prepare('select reason from dead_letters').first<string>('reason');
  expect(letter).toMatch(/^not a slate/);

  expect(await deleteOldSlates(env.DB, 2_000)).toBe(1);
  expect(await readSlatePage(env.DB, END, 9)).toHaveLength(2);
});

it('keeps only the newest slates', async () => {
  for (let n = 0; n < 12; n++) await insertSlates(env.DB, [slate(`a${n}`, n), slate(`b${n}`, n)], 6);
  const kept = await readSlatePage(env.DB, END, 99);
  expect(kept.map(({ recommendationId }) => recommendationId)).toEqual(['b11', 'a11', 'b10', 'a10', 'b9', 'a9']);
});

it('retries everything while the log cannot be written', async () => {
  const statement = { bind: () => statement };
  const down = {
    prepare: () => statement,
    batch: () => Promise.reject(new Error('D1 is down')),
  } as unknown as D1Database;
  const batch = createMessageBatch('slates', [message('m1', slate('r1', 1))]);
  await consumeSlates(batch, down);
  const result = await getQueueResult(batch, createExecutionContext());
  expect(result.explicitAcks).toEqual([]);
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m1']);
});
