import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { publishFake } from '../../tests/fake-release.ts';

type Answer = Gallery & Recommendations & { engine: string | null; failures: object[] };

async function call(path: string, body?: object): Promise<Answer> {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok, path).toBe(true);
  return response.json();
}
const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
const ids = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);

it('ranks with the release, serves its neighbours, and keeps it if the next one is broken', async () => {
  const items = [...itemIds, 'unreleased'].map((itemId) => ({ itemId, title: `Game ${itemId}`, genres: ['Racing'] }));
  await call('/v1/items', { items });
  await publishFake(env.BUCKET, 'good', { itemIds, shift: 0 });
  await expect.poll(async () => (await call('/v1/status')).engine, { timeout: 10_000 }).toBe('onnx');

  const similar = await call('/v1/items/g5/similar?n=5');
  expect(similar).toMatchObject({ tier: 'online', release: 'good', degraded: [] });
  // The cold-start item has the same labels: it follows the four nearest.
  expect(ids(similar.items)).toEqual(['g6', 'g13', 'g20', 'g27', 'unreleased']);
  const byContent = await call('/v1/items/unreleased/similar?n=3');
  expect(byContent.tier).toBe('statistics');
  expect(byContent.items).toHaveLength(3);

  await call('/v1/events', { events: [{ id: '1', userId: 'ann', type: 'like', itemId: 'g5' }] });
  const gallery = await call('/v1/users/ann/gallery?n=3');
  expect(gallery).toMatchObject({ tier: 'online', release: 'good', degraded: [] });
  const because = gallery.rows.find(({ id }) => id === 'because-g5')!;
  expect(because.title).toBe('Because you like Game g5');
  expect(because.items).toHaveLength(3);

  const retrieval = await call('/v1/users/ann/gallery?n=3&policy=retrieval');
  expect(retrieval).toMatchObject({ tier: 'online', release: 'good' });
  expect(retrieval.rows.map(({ id }) => id)).toEqual(Array.from({ length: 8 }, (_, row) => `retrieval-${row + 1}`));
  expect(await call('/v1/users/somebody/gallery?policy=retrieval')).toMatchObject({ tier: 'statistics' });
  const popularity = await call('/v1/users/ann/gallery?n=3&policy=popularity');
  expect(popularity).toMatchObject({ tier: 'statistics', degraded: [] });
  expect(ids(popularity.rows[0]!.items)).toEqual(ids((await call('/v1/items/popular?n=3')).items));

  await publishFake(env.BUCKET, 'bad', { itemIds, shift: 1, damage: ({ model }) => model.fill(0, 100, 200) });
  vi.setSystemTime(Date.now() + 60_000);
  await expect
    .poll(async () => (await call('/v1/status')).failures, { timeout: 10_000 })
    .toEqual([{ step: 'release', reason: expect.stringMatching(/^bad: .*model\.onnx does not have the sha256/) }]);
  expect(await call('/v1/items/g5/similar?n=5')).toMatchObject({ release: 'good', items: similar.items });
});
