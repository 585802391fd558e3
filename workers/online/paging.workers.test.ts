import { evictDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { isolate } from '../serving/isolate.ts';
import { putItems } from '../storage/items.ts';

async function call(path: string, init: RequestInit = {}) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    ...init,
    headers: { authorization: 'Bearer test-admin', 'content-type': 'application/json' },
  });
  return { status: response.status, body: (await response.json()) as Recommendations & Gallery & Problem };
}
const ids = ({ items }: Recommendations) => items.map(({ itemId }) => itemId);
const stepsOf = ({ degraded }: Recommendations | Gallery) => degraded.map(({ step }) => step);

const PATHS = ['/v1/users/ann/recommendations', '/v1/items/g4/similar'];
const ITEMS = 60;

beforeAll(async () => {
  const items = Array.from({ length: ITEMS }, (_, index) => createItem(index));
  for (const change of await putItems(env.DB, items)) isolate.catalogue.apply(change);
});

it('continues a list where a page ended, under the id of the first answer', async () => {
  for (const path of PATHS) {
    const whole = (await call(`${path}?n=40&deadlineMs=5000`)).body;
    const first = (await call(`${path}?n=8&deadlineMs=5000`)).body;
    const shown = ids(first);
    for (const offset of [8, 16, 24, 32]) {
      const query = `n=8&offset=${offset}&recommendationId=${first.recommendationId}&deadlineMs=5000`;
      const { body } = await call(`${path}?${query}`);
      expect(body.recommendationId, path).toBe(first.recommendationId);
      shown.push(...ids(body));
    }
    expect(new Set(shown).size, path).toBe(shown.length);
    expect(shown, path).toEqual(ids(whole));
    expect(ids((await call(`${path}?offset=1000`)).body), path).toEqual([]);
  }
});

it('keeps the order of the first page while the player acts, even if their object is evicted', async () => {
  const path = '/v1/users/dan/recommendations';
  const query = 'deadlineMs=5000';
  const send = (...events: { type: string; itemId: string }[]) => {
    const own = events.map((event, index) => ({
      ...event,
      id: `${event.type}-${event.itemId}-${index}`,
      userId: 'dan',
    }));
    return call('/v1/events', { method: 'POST', body: JSON.stringify({ events: own }) });
  };
  await send({ type: 'like', itemId: 'g3' }, { type: 'play', itemId: 'g5' });
  const whole = ids((await call(`${path}?n=40&${query}`)).body);
  const first = (await call(`${path}?n=8&${query}`)).body;
  const { recommendationId } = first;
  expect(ids(first)).toEqual(whole.slice(0, 8));

  // Games of the first page are bought, and games of the third dismissed; the likes change the order.
  const [bought, dismissed] = [whole[2]!, whole[20]!];
  await send({ type: 'purchase', itemId: bought }, { type: 'dismiss', itemId: dismissed });
  const even = whole.filter((itemId) => Number(itemId.slice(1)) % 2 === 0);
  await send(...even.slice(0, 6).map((itemId) => ({ type: 'like', itemId })), { type: 'play', itemId: 'g5' });
  await evictDurableObject(env.USER_SIGNALS.getByName('dan'));
  expect(ids((await call(`${path}?n=40&${query}`)).body)).not.toEqual(
    whole.filter((itemId) => itemId !== bought && itemId !== dismissed),
  );
  for (const offset of [8, 16, 24, 32]) {
    const { body } = await call(`${path}?n=8&offset=${offset}&recommendationId=${recommendationId}&${query}`);
    expect(body.recommendationId).toBe(recommendationId);
    expect(ids(body)).toEqual(whole.slice(offset, offset + 8).filter((itemId) => itemId !== dismissed));
  }
});

it('leaves out the ids of `exclude`, so that nothing is repeated even if the player’s state changes', async () => {
  for (const path of PATHS) {
    const first = ids((await call(`${path}?n=8&deadlineMs=5000`)).body);
    const events = [{ id: path, userId: 'ann', type: 'like', itemId: first[0] }];
    expect((await call('/v1/events', { method: 'POST', body: JSON.stringify({ events }) })).status).toBe(202);
    for (const exclude of [`exclude=${first.join(',')}`, first.map((id) => `exclude=${id}`).join('&')]) {
      const next = ids((await call(`${path}?n=8&${exclude}&deadlineMs=5000`)).body);
      expect(next, path).toHaveLength(8);
      for (const itemId of next) expect(first, path).not.toContain(itemId);
    }
  }
});

it('leaves the cart out of every row of a gallery, also of the player’s own games', async () => {
  const played = { id: 'played', userId: 'cat', type: 'play', itemId: 'g9', value: 30 };
  await call('/v1/events', { method: 'POST', body: JSON.stringify({ events: [played] }) });
  const ask = async (query: string) => {
    const { rows } = (await call(`/v1/users/cat/gallery?deadlineMs=5000${query}`)).body;
    return rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
  };
  const before = await ask('');
  expect(before).toContain('g9');
  const cart = ['g9', ...before.filter((itemId) => itemId !== 'g9').slice(0, 5)];
  for (const policy of ['full', 'no-fatigue', 'popularity']) {
    const after = await ask(`&policy=${policy}&exclude=${cart.join(',')}`);
    expect(after.length, policy).toBeGreaterThan(20);
    for (const itemId of cart) expect(after, policy).not.toContain(itemId);
  }
  // An answer that the cart has left short says so.
  const catalogue = Array.from({ length: ITEMS }, (_, index) => `g${index}`);
  const { rows, degraded } = (await call(`/v1/users/cat/gallery?exclude=${catalogue.slice(4).join(',')}`)).body;
  expect(rows[0]!.items).toHaveLength(4);
  const reason = 'Only 4 of 12 games pass the filters of the request, the player and the store’s rules.';
  expect(degraded).toContainEqual({ step: 'filters', reason });
});

it('refuses too many excluded ids, invalid ids, and offsets out of bounds', async () => {
  const many = Array.from({ length: 201 }, (_, index) => `i${index}`);
  for (const path of [...PATHS, '/v1/users/ann/gallery']) {
    expect((await call(`${path}?exclude=${many.slice(1).join(',')}`)).status).toBe(200);
    for (const query of [`exclude=${many.join(',')}`, 'exclude=', 'exclude=a,,b', 'exclude=a%2Fb'])
      expect((await call(`${path}?${query}`)).body.errors?.[0]?.path, query).toMatch(/^exclude/);
  }
  for (const path of PATHS) {
    for (const offset of ['-1', '1001', '1.5', ''])
      expect((await call(`${path}?offset=${offset}`)).body.errors, offset).toMatchObject([{ path: 'offset' }]);
  }
});

it('says on every route that filters have left an answer short or empty', async () => {
  const purchased = Array.from({ length: ITEMS - 3 }, (_, index) => ({
    id: `p${index}`,
    userId: 'owner',
    type: 'purchase',
    itemId: `g${index}`,
  }));
  await call('/v1/events', { method: 'POST', body: JSON.stringify({ events: purchased }) });
  for (const [path, shown] of [
    ['/v1/users/owner/recommendations?n=20&deadlineMs=5000', 3],
    ['/v1/users/ann/search?q=Game&ageLimit=0&n=20&record=false&deadlineMs=5000', 0],
    ['/v1/items/popular?ageLimit=0', 0],
    ['/v1/items/new?ageLimit=0', 0],
    ['/v1/items/g4/similar?ageLimit=0', 0],
  ] as const) {
    const { body } = await call(path);
    expect(ids(body), path).toHaveLength(shown);
    expect(stepsOf(body), path).toContain('filters');
  }
  const { rows, degraded } = (await call('/v1/users/owner/gallery?deadlineMs=5000')).body;
  expect(rows[0]!.items).toHaveLength(3);
  expect(degraded).toContainEqual({
    step: 'filters',
    reason: 'Only 3 of 12 games pass the filters of the request, the player and the store’s rules.',
  });
});

it('says so of baseline pages, of a page with only own games, and of one that `exclude` empties', async () => {
  const purchased = Array.from({ length: ITEMS }, (_, index) => index).map((index) => ({
    id: `a${index}`,
    userId: 'collector',
    type: index < 3 ? 'play' : 'purchase',
    itemId: `g${index}`,
    value: 30,
  }));
  await call('/v1/events', { method: 'POST', body: JSON.stringify({ events: purchased }) });
  const none = 'No game passes the filters of the request, the player and the store’s rules.';
  const read = async (query: string, userId = 'nora') =>
    (await call(`/v1/users/${userId}/gallery?deadlineMs=5000${query}`)).body;
  for (const [n, policy, ownRows] of [
    [3, 'full', 1],
    [12, 'full', 1],
    [12, 'popularity', 0],
  ] as const) {
    const { rows, degraded } = await read(`&n=${n}&policy=${policy}`, 'collector');
    expect(rows.length, policy).toBe(ownRows);
    expect(degraded, policy).toContainEqual({ step: 'filters', reason: none });
  }
  const catalogue = Array.from({ length: ITEMS }, (_, index) => `g${index}`);
  for (const policy of ['full', 'popularity', 'retrieval']) {
    const answer = await read(`&policy=${policy}&exclude=${catalogue.join(',')}`);
    expect(answer, policy).toMatchObject({ rows: [], emptiedBy: ['request'] });
    expect(answer.degraded, policy).toContainEqual({ step: 'filters', reason: none });
    const short = await read(`&policy=${policy}&exclude=${catalogue.slice(4).join(',')}`);
    expect(stepsOf(short), policy).toContain('filters');
    expect(stepsOf(await read(`&policy=${policy}`)), policy).not.toContain('filters');
  }
});

it('does not mention filters where a list ends on a later page', async () => {
  const purchase = { id: 'late', userId: 'late', type: 'purchase', itemId: 'g0' };
  await call('/v1/events', { method: 'POST', body: JSON.stringify({ events: [purchase] }) });
  for (const path of ['/v1/users/late/recommendations?n=20&deadlineMs=5000', '/v1/items/g4/similar?n=20&exclude=g8'])
    for (const offset of [40, 60]) {
      const { body } = await call(`${path}&offset=${offset}`);
      expect(ids(body).length, `${path} ${offset}`).toBeLessThan(20);
      expect(stepsOf(body), `${path} ${offset}`).not.toContain('filters');
    }
});

it('does not mention filters where the catalogue or the genre has no more items', async () => {
  for (const path of ['/v1/items/popular?n=100', '/v1/items/popular?n=100&genre=Racing', '/v1/items/new?n=100'])
    expect(stepsOf((await call(path)).body), path).not.toContain('filters');
  expect(stepsOf((await call('/v1/users/new-player/recommendations?n=100&deadlineMs=5000')).body)).not.toContain(
    'filters',
  );
});
