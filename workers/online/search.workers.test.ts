import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { isolate } from '../serving/isolate.ts';
import { putItems } from '../storage/items.ts';

async function call(path: string, body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Gallery & Recommendations };
}
const search = async (q: string, more = '&record=false') =>
  (await call(`/v1/users/ann/search?q=${encodeURIComponent(q)}${more}`)).body.items.map(({ itemId }) => itemId);

beforeAll(async () => {
  await putItems(
    env.DB,
    [
      { itemId: 'tide', title: 'Iron Tide', tags: ['Naval'], developer: 'Salt & Sons' },
      { itemId: 'pokal', title: 'Pokémon-ähnlich', tags: [], developer: null },
      { itemId: 'harbour', title: 'Harbour Lights', tags: ['Naval', 'Cozy'], developer: null },
      { itemId: 'hidden', title: 'Iron Secret', tags: [], developer: null, hidden: true },
      { itemId: 'adult', title: 'Iron Night', tags: [], developer: null, ageRating: 18 },
    ].map((item) => ({ ...createItem(0), ageRating: 6, ...item })),
  );
  // A cold isolate does not wait for it that long.
  await isolate.getCatalogue(env, Date.now(), () => {}, 5_000);
});

it('finds words and prefixes in titles, tags and developers, with or without accents', async () => {
  expect((await search('iron tide'))[0]).toBe('tide');
  expect((await search('nav')).toSorted()).toEqual(['harbour', 'tide']);
  expect(await search('salt sons')).toEqual(['tide']);
  expect(await search('POKEMON')).toEqual(['pokal']);
});

it('forgives typing errors, and ranks such items below exact matches', async () => {
  expect((await search('irno tide'))[0]).toBe('tide');
  expect((await search('harbuor lights'))[0]).toBe('harbour');
  expect((await search('pokemmon'))[0]).toBe('pokal');
  expect(await search('zzzz qqqq')).toEqual([]);
});

it('finds no hidden, dismissed or adult items, and finds renamed items by the new name', async () => {
  expect(await search('iron')).not.toContain('hidden');
  expect(await search('iron', '&record=false&ageLimit=12')).not.toContain('adult');
  await call('/v1/events', { events: [{ id: '1', userId: 'ann', type: 'dismiss', itemId: 'harbour' }] });
  expect(await search('harbour')).toEqual([]);
  await putItems(env.DB, [{ ...createItem(0), itemId: 'tide', title: 'Copper Tide', tags: [], ageRating: 6 }]);
  const found = await env.DB.prepare("select rowid from items_search where items_search match 'copper'").all();
  expect(found.results).toHaveLength(1);
  expect(
    (await env.DB.prepare("select rowid from items_search where items_search match 'naval'").all()).results,
  ).toHaveLength(1);
});

it('treats any query as plain words', async () => {
  for (const q of ['"', "'", '*', '(', 'NEAR(', 'title:iron', 'a AND', '-x', '\\', '🎮', '%', ';--', '" OR "'])
    expect((await call(`/v1/users/ann/search?q=${encodeURIComponent(q)}`)).status, q).toBe(200);
  expect((await call('/v1/users/ann/search?q=')).status).toBe(400);
  expect((await call(`/v1/users/ann/search?q=${'x'.repeat(201)}`)).status).toBe(400);
});

it('records the search of a key as a signal with record=true and the scope ingest alone', async () => {
  const readsSearch = () => call('/v1/users/bob/search?q=nav&record=true', undefined, 'test-read');
  expect(await readsSearch()).toMatchObject({ status: 403, body: { detail: expect.stringContaining('ingest') } });
  expect((await call('/v1/users/bob/search?q=nav', undefined, 'test-read')).status).toBe(200);
  await call('/v1/users/bob/search?q=nav&record=false');
  await call('/v1/users/bob/search?q=nav');
  expect((await call('/v1/users/bob/gallery')).body.rows.map(({ id }) => id)).not.toContain('search');
  await call('/v1/users/bob/search?q=iron%20tide&record=true');
  await call('/v1/users/bob/search?q=iron%20tide&record=true');
  const signals = (await call('/v1/users/bob/signals')).body as unknown as { searches: string[] };
  expect(signals.searches).toEqual(['iron tide']);
});
