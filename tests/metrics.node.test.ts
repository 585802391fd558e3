// Metrics over the bundle in workerd: requests, queues, jobs and objects together, as /metrics shows them.

import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { SCHEDULE } from '../workers/storage/job-schedule.ts';
import { parsePrometheus } from './prometheus-text.ts';

const KEY = 'metrics-key';
const harness = createTestHarness({
  root: PROJECT_DIR,
  workers: [{ configPath: path.join(PROJECT_DIR, 'wrangler.toml'), secrets: { ADMIN_KEY: KEY } }],
});
let server: URL;

beforeAll(async () => {
  server = (await harness.listen()).url;
  await harness.getWorker<Env>().applyD1Migrations('DB');
});
afterAll(() => harness.close());

const ask = (target: string, method = 'GET', body?: object): Promise<Response> =>
  fetch(new URL(target, server), {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });

/** Sums of a family by the values of a label. */
async function scrape(family: string, label: string): Promise<Record<string, number>> {
  const families = parsePrometheus(await (await ask('/metrics')).text());
  const sums: Record<string, number> = {};
  for (const { labels, value } of families.find(({ name }) => name === family)?.samples ?? [])
    sums[labels[label] ?? ''] = (sums[labels[label] ?? ''] ?? 0) + value;
  return sums;
}

test('shows requests, answers, events, delays, rows, runs of jobs and states', async () => {
  const games = Array.from({ length: 20 }, (_, n) => ({ itemId: `g${n}`, title: `Game ${n}`, genres: ['Strategy'] }));
  for (const { itemId, ...game } of games) expect((await ask(`/v1/items/${itemId}`, 'PUT', game)).ok).toBe(true);
  expect((await ask('/v1/users/ann/gallery')).status).toBe(200);
  const events = [
    { id: '1', userId: 'ann', type: 'click', itemId: 'g1' },
    { id: '2', userId: 'ann', type: 'nonsense' },
  ];
  expect((await ask('/v1/events', 'POST', { events })).status).toBe(202);
  expect((await ask('/v1/items/none')).status).toBe(404);
  for (const cron of Object.keys(SCHEDULE))
    expect((await ask(`/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`)).status, cron).toBe(200);
  expect((await ask('/v1/status')).status).toBe(200);

  // Consumers and isolates hand over their counts within a minute, and at once where somebody asks.
  await expect.poll(() => scrape('bloodstream_answers_total', 'route')).toEqual({ gallery: 1 });
  await expect.poll(() => scrape('bloodstream_events_accepted_total', '')).toEqual({ '': 1 });
  expect(await scrape('bloodstream_events_rejected_total', 'field')).toEqual({ type: 1 });
  expect(await scrape('bloodstream_requests_total', 'status')).toMatchObject({ 202: 1, 404: 1 });
  expect(await scrape('bloodstream_job_runs_total', 'outcome')).toEqual({ done: expect.any(Number) });
  expect(await scrape('bloodstream_unlogged_events', '')).toEqual({ '': expect.any(Number) });
  expect((await scrape('bloodstream_database_size_bytes', 'database')).LOG_0).toBeGreaterThan(100_000);
  // Events and answers wait half a second for others, and then for the queue's batch.
  await expect
    .poll(() => scrape('bloodstream_queue_delay_seconds', 'queue'))
    .toMatchObject({ events: expect.any(Number) });
  await expect
    .poll(async () => Object.keys(await scrape('bloodstream_database_rows_total', 'by')))
    .toEqual(expect.arrayContaining(['requests', 'jobs', 'events', 'slates']));
});
