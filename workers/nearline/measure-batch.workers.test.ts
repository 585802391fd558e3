import { createExecutionContext, createMessageBatch } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DELAY_BUCKETS_SECONDS } from '../../models/contracts/system-metrics.ts';
import worker from '../index.ts';
import { flushCounts, takeCounts } from '../storage/isolate-counts.ts';
import { readMetricSums } from '../storage/metric-counts.ts';

it('counts how long messages waited, in buckets and as a sum', async () => {
  takeCounts();
  // Stands still: a pause of the machine would count as waiting.
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  onTestFinished(() => void vi.useRealTimers());
  const message = (seconds: number, n: number) => ({
    ...{ id: `m${n}`, timestamp: new Date(now - seconds * 1_000), attempts: 1, body: [] },
  });
  const batch = createMessageBatch('events', [0, 3, 100, 90_000].map(message));
  await worker.queue(batch, env, createExecutionContext());
  await flushCounts(env.DB);
  const range = { metrics: ['queue-delay'] as const, from: now - 3_600_000, to: now + 3_600_000 };
  const buckets = await readMetricSums(env.DB, { ...range, by: ['queue', 'le'] });
  const counted = Object.fromEntries(buckets.map(({ labels: { queue, le }, value }) => [`${queue} ${le}`, value]));
  expect(counted).toEqual({ 'events 1': 1, 'events 5': 1, 'events 300': 1, 'events +Inf': 1 });
  expect(Math.max(...DELAY_BUCKETS_SECONDS)).toBeLessThan(90_000);
  const sums = await env.DB.prepare(
    "select amount from metric_counts where metric = 'queue-delay' and breakdown = 'queue'",
  ).first<number>('amount');
  expect(sums).toBe(90_103);
});
