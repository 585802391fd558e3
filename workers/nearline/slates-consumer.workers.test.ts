import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LoggedSlate, Slate } from '../../models/contracts/slate.ts';
import { makeSlate } from '../../tests/slate.ts';
import { consumeSlates } from './slates-consumer.ts';

const message = (id: string, body: unknown) => ({ id, timestamp: new Date(), attempts: 1, body });

async function readBatches(): Promise<LoggedSlate[]> {
  const slates: LoggedSlate[] = [];
  const { objects } = await env.BUCKET.list({ prefix: 'slate-batches/' });
  for (const { key } of objects) {
    const { body } = (await env.BUCKET.get(key))!;
    const text = await new Response(body.pipeThrough(new DecompressionStream('gzip'))).text();
    for (const line of text.trim().split('\n')) slates.push(JSON.parse(line));
  }
  return slates;
}
async function consume(slates: readonly unknown[], bindings: Pick<Env, 'DB' | 'BUCKET' | 'SLATE_MB_PER_DAY'> = env) {
  const batch = createMessageBatch(
    'slates',
    slates.map((slate, index) => message(`m${index}`, slate)),
  );
  await consumeSlates(batch, bindings);
  return getQueueResult(batch, createExecutionContext());
}
const readCount = () => env.DB.prepare('select sum(seen) as seen, sum(logged) as logged from slate_counts').first();

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare('delete from slate_counts'), env.DB.prepare('delete from dead_letters')]);
  const { objects } = await env.BUCKET.list({ prefix: 'slate-batches/' });
  await env.BUCKET.delete(objects.map(({ key }) => key));
});

afterEach(() => {
  vi.useRealTimers();
});

it('writes slates to R2 and counts them; an invalid one becomes a dead letter', async () => {
  const slates = [makeSlate('r1', 'ann', 1_000), makeSlate('r2', 'ben', 2_000)];
  expect((await consume([slates[0], { nonsense: true }, slates[1]])).ackAll).toBe(true);
  expect(await readBatches()).toEqual(slates.map((slate) => ({ ...slate, samplingRate: 1 })));
  expect(await readCount()).toEqual({ seen: 2, logged: 2 });
  const letter = await env.DB.prepare('select reason from dead_letters').first<string>('reason');
  expect(letter).toMatch(/^not a slate/);
});

it('samples players beyond the budget of a day, with the probability in each slate', async () => {
  // The start of a day: what is left of it decides how much of the budget a slate may take.
  const day = 20_000;
  vi.useFakeTimers({ toFake: ['Date'], now: day * 86_400_000 });
  const slates: Slate[] = Array.from({ length: 4_000 }, (_, n) => makeSlate(`s${n}`, `player-${n >> 1}`, Date.now()));
  const bytes = slates.reduce((sum, slate) => sum + JSON.stringify(slate).length, 0);
  // Yesterday the same slates came, twenty times: a budget of as many bytes allows a twentieth.
  await env.DB.prepare('insert into slate_counts values (?1, 80000, ?2, 80000, ?2)')
    .bind(day - 1, 20 * bytes)
    .run();
  for (let from = 0; from < slates.length; from += 1_000)
    await consume(slates.slice(from, from + 1_000), { ...env, SLATE_MB_PER_DAY: String(Math.max(1, bytes / 1e6)) });
  const logged = await readBatches();
  const rate = Math.max(1e6, bytes) / (20 * bytes);
  expect(logged.length / slates.length).toBeGreaterThan(rate / 2);
  expect(logged.length / slates.length).toBeLessThan(2 * rate);
  // Weighted by the inverse of their probabilities, the sample stands for all.
  const estimated = logged.reduce((sum, { samplingRate }) => sum + 1 / samplingRate, 0);
  expect(estimated / slates.length).toBeGreaterThan(0.7);
  expect(estimated / slates.length).toBeLessThan(1.3);
  // Both slates of a player or none.
  for (const [, own] of Map.groupBy(logged, ({ userId }) => userId)) expect(own).toHaveLength(2);
  expect(await readCount()).toEqual({ seen: 84_000, logged: 80_000 + logged.length });
});

it('retries everything while slates cannot be written, and while the setting is wrong', async () => {
  const down = { put: () => Promise.reject(new Error('R2 is down')) } as unknown as R2Bucket;
  const broken = { ...env, SLATE_MB_PER_DAY: 'plenty' };
  for (const bindings of [{ ...env, BUCKET: down }, broken]) {
    const result = await consume([makeSlate('r1', 'ann', 1)], bindings);
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m0']);
  }
  expect(await readCount()).toEqual({ seen: null, logged: null });
});
