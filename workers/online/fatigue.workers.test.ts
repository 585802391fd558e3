import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { isolate } from '../serving/isolate.ts';
import { putItems } from '../storage/items.ts';

const EVENTS_PER_REQUEST = 100;

beforeAll(async () => {
  const items = Array.from({ length: 60 }, (_, index) => createItem(index));
  for (const change of await putItems(env.DB, items)) isolate.catalogue.apply(change);
});

async function call<T>(path: string, body?: unknown): Promise<T> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { authorization: 'Bearer test-admin', 'content-type': 'application/json' };
  const response = await exports.default.fetch(`http://edge${path}`, { ...init, headers });
  expect(response.ok, path).toBe(true);
  return response.json();
}

/** Sorted, as a few first rows are shuffled. Too short for a game drawn at random. */
async function askTopPicks(userId: string, query = ''): Promise<string[]> {
  const { rows } = await call<Gallery>(`/v1/users/${userId}/gallery?n=7&deadlineMs=5000${query}`);
  return rows[0]!.items.map(({ itemId }) => itemId).sort();
}

/** Sends `times` impressions of each item, in turn. */
async function show(userId: string, itemIds: readonly string[], times: number): Promise<void> {
  const events = Array.from({ length: times * itemIds.length }, (_, index) => ({
    ...{ id: `shown-${index}`, userId, type: 'impression', itemId: itemIds[index % itemIds.length] },
  }));
  for (let from = 0; from < events.length; from += EVENTS_PER_REQUEST)
    await call('/v1/events', { events: events.slice(from, from + EVENTS_PER_REQUEST) });
}

it('shows other games after seven hundred impressions of ten games, without any model', async () => {
  const before = await askTopPicks('ann');
  const ten = (await call<Recommendations>('/v1/users/ann/recommendations?n=10')).items.map(({ itemId }) => itemId);
  await show('ann', ten, 70);
  const { items } = await call<Recommendations>('/v1/users/ann/recommendations?n=10');
  expect(items).toHaveLength(10);
  for (const { itemId } of items) expect(ten).not.toContain(itemId);
  for (const itemId of await askTopPicks('ann')) expect(ten).not.toContain(itemId);
  // The page as if nothing had been shown, to compare with.
  expect(await askTopPicks('ann', '&policy=no-fatigue')).toEqual(before);
});

it('keeps a page that is scrolled up and down', async () => {
  const ask = async () =>
    (await call<Recommendations>('/v1/users/bob/recommendations?n=40')).items.map(({ itemId }) => itemId);
  const before = await ask();
  await show('bob', before, 3);
  expect(await ask()).toEqual(before);
});
