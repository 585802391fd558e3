// A player of a running `npm start` who is in the object, the log, the counts and the Parquet files: exported whole,
// erased from all of them, and the receipt says so.

import { expect, inject, it } from 'vitest';
import type { ErasureReceipt } from '../models/contracts/erasure.ts';
import type { Gallery } from '../models/contracts/gallery.ts';
import { cronOf, type JobName } from '../workers/storage/job-schedule.ts';

function ask(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${inject('url')}${path}`, {
    method,
    headers: { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const runCron = (job: JobName) =>
  fetch(`${inject('url')}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cronOf(job))}`);
async function exportLines(userId: string): Promise<{ store: string; complete?: boolean }[]> {
  const text = await (await ask('GET', `/v1/users/${userId}/export`)).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
const storesOf = async (userId: string) => [...new Set((await exportLines(userId)).map(({ store }) => store))];

it('exports a player, erases them from every store, and says so', async () => {
  const userId = `e2e-erased-${Date.now()}`;
  const guest = `${userId}-guest`;
  const { rows } = (await (await ask('GET', `/v1/users/${userId}/gallery`)).json()) as Gallery;
  const [first, second] = rows[0]!.items;
  const events = [
    { id: '1', userId, type: 'play', itemId: first!.itemId, value: 60 },
    { id: '1', userId: guest, type: 'like', itemId: second!.itemId },
  ];
  expect((await ask('POST', '/v1/events', { events })).status).toBe(202);
  expect((await ask('POST', `/v1/users/${userId}/merge`, { from: guest })).status).toBe(200);
  expect((await ask('PUT', `/v1/users/${userId}/preferences`, { genres: ['Strategy'] })).status).toBeLessThan(300);
  await expect.poll(() => storesOf(userId), { interval: 500 }).toContain('log');
  // Again, since `npm start` runs the jobs, too: a run that finds another at work does nothing.
  const runJobs = async () => {
    for (const job of ['refresh-statistics', 'export-snapshot'] as const) expect((await runCron(job)).status).toBe(200);
    return storesOf(userId);
  };
  // Not the archived merges: this one is open, and only finished ones are exported.
  const held = ['object', 'log', 'preferences', 'counts', 'merges', 'archived-log', 'export'];
  await expect.poll(runJobs, { interval: 1_000 }).toEqual(expect.arrayContaining(held));
  expect((await exportLines(userId)).at(-1)).toMatchObject({ store: 'export', complete: true });

  const answer = await ask('DELETE', `/v1/users/${userId}`);
  expect(answer.status).toBe(202);
  const { erasureId } = (await answer.json()) as ErasureReceipt;
  const readReceipt = async () => (await (await ask('GET', `/v1/erasures/${erasureId}`)).json()) as ErasureReceipt;
  await expect
    .poll(
      async () => {
        const receipt = await readReceipt();
        if (receipt.state === 'running') await runCron('erase-users');
        return receipt;
      },
      { interval: 1_000 },
    )
    .toMatchObject({ state: 'done' });
  const { stores } = await readReceipt();
  for (const store of held.slice(0, -1)) expect(stores.find((one) => one.store === store)!.rows).toBeGreaterThan(0);
  expect(stores.every(({ state }) => state === 'done')).toBe(true);
  expect(await exportLines(userId)).toEqual([{ store: 'export', complete: true, rows: 0 }]);
});
