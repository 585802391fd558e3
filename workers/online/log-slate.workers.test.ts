import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, it, vi } from 'vitest';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import type { Slate } from '../../models/contracts/slate.ts';
import { FEATURES, FEATURES_HASH } from '../../models/features/ranking.ts';
import { readRows } from '../../tests/parquet.ts';
import { exportSlates } from '../storage/export-slates.ts';
import { putItems } from '../storage/items.ts';
import { readSnapshotManifest } from '../storage/snapshots.ts';
import { app } from './app.ts';

const games = Array.from({ length: 30 }, (_, index) => ({
  itemId: `slate-game-${index}`,
  ...ItemInput.parse({ title: `Game ${index}`, genres: ['Strategy'], releaseDate: '2026-01-01' }),
}));

beforeAll(() => putItems(env.DB, games));

async function askGallery(bindings: Env, query = ''): Promise<Gallery> {
  const ctx = createExecutionContext();
  const headers = { authorization: 'Bearer test-read' };
  const request = new Request(`http://localhost/v1/users/ann/gallery?country=CH&deadlineMs=2000${query}`, { headers });
  const response = await app.fetch(request, bindings, ctx);
  expect(response.status).toBe(200);
  const gallery = await response.json<Gallery>();
  await waitOnExecutionContext(ctx);
  return gallery;
}

it('logs a slate behind the answer, and exports it for training', async () => {
  const { recommendationId, rows } = await askGallery(env);
  const shown = rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
  expect(shown.length).toBeGreaterThan(0);
  const count = async () => (await env.BUCKET.list({ prefix: 'slate-batches/' })).objects.length;
  await vi.waitFor(async () => expect(await count()).toBeGreaterThan(0), { timeout: 10_000 });

  expect(await exportSlates(env.DB, env.BUCKET, Date.now())).toBe(1);
  const { slates } = (await readSnapshotManifest(env.BUCKET))!;
  expect(slates).toMatchObject([{ rows: shown.length, slates: 1, users: ['ann', 'ann'] }]);
  const exported = await readRows(env.BUCKET, slates[0]!);
  expect(exported.map(({ item_id }) => item_id)).toEqual(shown);
  expect(exported[0]).toMatchObject({
    ...{ recommendation_id: recommendationId, user_id: 'ann', country: 'CH', sampling_rate: 1 },
    ...{ row_index: 0, column_index: 0, features_hash: FEATURES_HASH },
  });
  expect((exported[0]!.features as Uint8Array).length).toBe(4 * FEATURES.length);
});

it('logs neither a page with explanations nor a page to compare with', async () => {
  const sent: Slate[] = [];
  const SLATES = { send: async (slate: Slate) => void sent.push(slate) } as unknown as Env['SLATES'];
  await askGallery({ ...env, SLATES }, '&explain=1');
  for (const policy of ['popularity', 'no-fatigue']) await askGallery({ ...env, SLATES }, `&policy=${policy}`);
  expect(sent).toEqual([]);
  await askGallery({ ...env, SLATES });
  expect(sent).toHaveLength(1);
});

it('answers and raises an alert if the queue is down', async () => {
  const alerts = vi.spyOn(console, 'error').mockImplementation(() => {});
  const SLATES = { send: () => Promise.reject(new Error('queues are down')) } as unknown as Env['SLATES'];
  const { rows, degraded } = await askGallery({ ...env, SLATES });
  expect(rows.length).toBeGreaterThan(0);
  expect(degraded).toEqual([]);
  expect(alerts.mock.calls.flat().join()).toMatch(/slate not logged.*queues are down/);
  alerts.mockRestore();
});
