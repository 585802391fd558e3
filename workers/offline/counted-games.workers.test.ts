import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { cronOf } from '../storage/job-schedule.ts';
import { findStatistics, readStatistics } from '../storage/statistics.ts';
import { runJobs } from './jobs.ts';

const PURCHASES = 3_000;
const EVENTS_PER_REQUEST = 100;

async function buy(userId: string, itemIds: readonly string[]): Promise<void> {
  for (let from = 0; from < itemIds.length; from += EVENTS_PER_REQUEST) {
    const events = itemIds
      .slice(from, from + EVENTS_PER_REQUEST)
      .map((itemId) => ({ id: `bought-${itemId}`, userId, type: 'purchase', itemId }));
    const response = await exports.default.fetch('http://edge/v1/events', {
      method: 'POST',
      headers: { authorization: 'Bearer test-ingest', 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    expect(response.status).toBe(202);
  }
}

it('one player’s 3,000 purchases in a day count for 200 games, once each', async () => {
  await buy(
    'attacker',
    Array.from({ length: PURCHASES }, (_, index) => `pushed-${index}`),
  );
  // Twice the same game: already owned.
  await buy('attacker', ['pushed-0']);
  for (const userId of ['ann', 'bob']) await buy(userId, ['wanted']);
  const countEvents = () => env.LOG_0.prepare('select count(*) as n from events').first<number>('n');
  await expect.poll(countEvents).toBe(PURCHASES + 2);
  await runJobs(cronOf('refresh-statistics'), env);
  const { results } = await env.LOG_0.prepare(
    "select count(*) as games, max(players) as most from daily_counts where item_id like 'pushed-%' and players > 0",
  ).all();
  expect(results).toEqual([{ games: 200, most: 1 }]);
  const [first, second] = (await readStatistics(env.BUCKET, (await findStatistics(env.BUCKET))!)).statistics.popular;
  expect(first![0]).toBe('wanted');
  expect(second![1]).toBeCloseTo(first![1] / 2);
});
