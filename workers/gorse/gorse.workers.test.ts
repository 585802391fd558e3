import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import { fakeObject } from '../../tests/fake-object.ts';
import { makeItem } from '../../tests/item.ts';
import worker from '../index.ts';
import { beginErasure } from '../storage/erasures.ts';
import { insertEvents } from '../storage/events.ts';
import { writeBatchGalleries } from '../storage/galleries.ts';

interface Call {
  method?: string;
  body?: unknown;
  key?: string;
}

async function call(path: string, { method = 'GET', body, key = 'test-admin' }: Call = {}) {
  const response = await exports.default.fetch(`http://edge/api${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}
const post = (path: string, body: unknown, key?: string) => call(path, { method: 'POST', body, ...(key && { key }) });
/** Calls the API that is not gorse's. */
async function callV1(method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer test-admin' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await exports.default.fetch(`http://edge/v1${path}`, init);
  return response.json<{ token: string; entries: object[]; finishedAt: string | null }>();
}
const put = (path: string, body: unknown) => call(path, { method: 'PUT', body });
const idsOf = async (path: string) => (await call(path)).body.map(({ Id }: { Id: string }) => Id);
const feedback = (FeedbackType: string, UserId: string, ItemId: string, Timestamp?: string) => ({
  FeedbackType,
  UserId,
  ItemId,
  ...(Timestamp && { Timestamp }),
});
/** JSON. */
const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const storeItems = (...ids: string[]) =>
  post(
    '/items',
    ids.map((id, index) => ({
      ItemId: id,
      Categories: [index % 2 === 0 ? 'Puzzle' : 'Racing'],
      Labels: [`tag-${id}`],
    })),
  );

/** A database whose statements begin late. */
const delayReads = (database: D1Database, delayMs: number): D1Database =>
  new Proxy(database, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name).bind(target);
      return async (statements: D1PreparedStatement[]) => {
        await scheduler.wait(delayMs);
        return target.batch(statements);
      };
    },
  });

it('answers nothing unless it is switched on', async () => {
  const request = new Request<unknown, IncomingRequestCfProperties>('http://edge/api/items', {
    headers: { 'x-api-key': 'test-admin' },
  });
  const off = await worker.fetch(request, { ...env, GORSE_API: 'off' }, createExecutionContext());
  expect([off.status, ((await off.json()) as { detail: string }).detail]).toEqual([
    404,
    expect.stringContaining('/api/items'),
  ]);
  expect((await worker.fetch(request, { ...env, GORSE_API: 'on' }, createExecutionContext())).status).toBe(200);
});

it('answers OPTIONS without a key, with the methods of the route', async () => {
  for (const [path, allow] of [
    ['/items', 'POST, GET, HEAD, OPTIONS'],
    ['/recommend/ann', 'GET, HEAD, OPTIONS'],
  ]) {
    const { status, headers } = await exports.default.fetch(`http://edge/api${path}`, { method: 'OPTIONS' });
    expect([status, headers.get('allow')], path).toEqual([204, allow]);
  }
});

it('takes the key from X-API-Key alone, within its scopes', async () => {
  const bare = await exports.default.fetch('http://edge/api/items', {
    headers: { authorization: 'Bearer test-admin' },
  });
  expect(bare.status).toBe(401);
  for (const key of ['', 'wrong', 'two words', 'ü']) expect((await call('/items', { key })).status, key).toBe(401);
  for (const [path, method] of [
    ['/item', 'POST'],
    ['/items', 'POST'],
    ['/item/a', 'PATCH'],
    ['/item/a', 'DELETE'],
    ['/item/a/category/x', 'PUT'],
    ['/item/a/category/x', 'DELETE'],
    ['/user/ann', 'DELETE'],
    ['/users', 'GET'],
  ] as const)
    for (const key of ['test-ingest', 'test-read']) expect((await call(path, { method, key })).status, path).toBe(403);
  for (const [path, method] of [
    ['/feedback', 'POST'],
    ['/feedback', 'PUT'],
    ['/feedback/ann/a', 'DELETE'],
    ['/feedback/like/ann/a', 'DELETE'],
    ['/user', 'POST'],
    ['/users', 'POST'],
    ['/user/ann', 'PATCH'],
  ] as const)
    expect((await call(path, { method, key: 'test-read' })).status, path).toBe(403);
  for (const path of [
    '/item/a',
    '/items',
    '/user/ann',
    '/user/ann/feedback',
    '/feedback/ann/a',
    '/recommend/ann',
    '/popular',
    '/latest/x',
    '/item/a/neighbors/',
  ])
    expect((await call(path, { key: 'test-ingest' })).status, path).toBe(403);
  // Writing back needs a key that may write.
  expect((await call('/recommend/ann?write-back-type=read', { key: 'test-read' })).status).toBe(403);
  expect((await call('/recommend/ann', { key: 'test-read' })).status).toBe(200);
});

it('refuses a player’s token, and puts changes of items in the audit log', async () => {
  const { token } = await callV1('POST', '/tokens', { userId: 'ann' });
  for (const path of ['/recommend/ann', '/user/ann/feedback', '/popular'])
    expect((await call(path, { key: token })).status, path).toBe(403);
  const like = { method: 'POST', body: [feedback('like', 'ann', 'a')], key: token };
  expect((await call('/feedback', like)).status).toBe(403);

  await post('/item', { ItemId: 'audited', Comment: 'One' });
  await call('/item/audited', { method: 'PATCH', body: { Comment: 'Two' } });
  expect((await callV1('GET', '/audit-log')).entries.slice(0, 2)).toMatchObject([
    { path: '/api/item/{itemId}', before: { title: 'One' }, after: { itemId: 'audited', title: 'Two' }, status: 200 },
    { path: '/api/item', before: [], after: [{ itemId: 'audited', title: 'One' }], status: 200 },
  ]);
  await post('/items', [{ ItemId: 'audited', Comment: 'Three' }]);
  await call('/item/audited/category/Racing', { method: 'PUT' });
  await call('/item/audited/category/Racing', { method: 'DELETE' });
  expect((await callV1('GET', '/audit-log')).entries.slice(0, 3)).toMatchObject([
    { before: { genres: ['Racing'] }, after: { title: 'Three', genres: [] } },
    { before: { genres: [] }, after: { title: 'Three', genres: ['Racing'] } },
    { path: '/api/items', before: [{ title: 'Two' }], after: [{ title: 'Three', genres: [] }] },
  ]);
  await call('/item/audited', { method: 'DELETE' });
});

it('keeps an item’s fields, and names those that it does not keep', async () => {
  const item = { ItemId: 'myst', IsHidden: true, Categories: ['Puzzle'], Labels: ['Islands'], Comment: 'Myst' };
  expect(await post('/item', { ...item, Timestamp: '1993-09-24T10:00:00+02:00' })).toEqual({
    status: 200,
    body: { RowAffected: 1 },
  });
  expect((await call('/item/myst')).body).toEqual({ ...item, Timestamp: '1993-09-24T00:00:00Z' });
  // Only keys that may change items see hidden ones.
  expect((await call('/item/myst', { key: 'test-read' })).status).toBe(404);
  const nested = { Labels: { mood: ['calm', 'odd'], by: { studio: 'Cyan' }, embedding: [0.1, 0.2] } };
  expect((await call('/item/myst', { method: 'PATCH', body: { ...nested, IsHidden: false } })).body).toEqual({
    RowAffected: 1,
    NotKept: ['Labels'],
  });
  expect((await call('/item/myst', { key: 'test-read' })).body).toMatchObject({
    ...{ IsHidden: false, Comment: 'Myst', Categories: ['Puzzle'] },
    Labels: expect.arrayContaining(['calm', 'odd', 'Cyan']),
  });
  expect((await call('/item/myst/category/Classic', { method: 'PUT' })).body).toEqual({ RowAffected: 1 });
  expect((await call('/item/myst')).body.Categories).toEqual(['Puzzle', 'Classic']);
  await call('/item/myst/category/Puzzle', { method: 'DELETE' });
  expect((await call('/item/myst')).body.Categories).toEqual(['Classic']);
  await post('/item', { ItemId: 'myst', Labels: null, Categories: null, Timestamp: '0001-01-01T00:00:00Z' });
  expect((await call('/item/myst')).body).toEqual({
    ...{ ItemId: 'myst', IsHidden: false, Categories: [], Labels: [], Comment: 'myst' },
    Timestamp: '0001-01-01T00:00:00Z',
  });
  for (const path of ['/item/riven', '/item/riven/category/x'])
    expect((await call(path, { method: path.endsWith('x') ? 'PUT' : 'GET' })).status).toBe(404);
  expect((await call('/item/riven', { method: 'PATCH', body: {} })).status).toBe(404);
  const deleted = () => call('/item/myst', { method: 'DELETE' });
  expect([(await deleted()).body, (await deleted()).body]).toEqual([{ RowAffected: 1 }, { RowAffected: 0 }]);
});

it('refuses what it cannot keep, naming the field as gorse does', async () => {
  const cases: [path: string, method: string, body: unknown, field: string][] = [
    ['/item', 'POST', { ItemId: 'a', isHidden: true }, ''],
    ['/item', 'POST', { ItemId: 'a b' }, 'ItemId'],
    ['/items', 'POST', [{ ItemId: 'a' }, { ItemId: 'b', Comment: 'x'.repeat(301) }], '1.Comment'],
    ['/items', 'POST', [{ ItemId: 'a', Labels: ['x'.repeat(65)] }], '0.Labels.0'],
    ['/item', 'POST', { ItemId: 'a', Timestamp: 'last week' }, 'Timestamp'],
    ['/item', 'POST', { ItemId: 'a', Timestamp: '2022-02-30' }, 'Timestamp'],
    ['/item/a', 'PATCH', { Categories: [''] }, 'Categories.0'],
    ['/item/a', 'PATCH', { ItemId: 'b' }, 'ItemId'],
    ['/user/a', 'PATCH', { UserId: 'b' }, 'UserId'],
    ['/users', 'POST', [{ UserId: 'a' }, { UserId: 'b', Comment: 'x'.repeat(8_000) }], '1'],
    ['/user', 'POST', `{ "UserId": "a", "Labels": ${nest(400_000)} }`, ''],
    ['/user', 'POST', { UserId: 'a', label: 'x' }, ''],
    ['/feedback', 'POST', [feedback('like', 'ann', 'a'), feedback('shared', 'ann', 'a')], '1.FeedbackType'],
    ['/feedback', 'PUT', [feedback('like', 'ann', 'a', '1999-12-31')], '0.Timestamp'],
    ['/feedback', 'PUT', [feedback('like', 'ann', 'a', '2100-01-01')], '0.Timestamp'],
    ['/feedback', 'PUT', [feedback('rate', 'ann', 'a')], '0.value'],
    ['/feedback', 'PUT', Array(501).fill(feedback('like', 'ann', 'a')), ''],
    ['/recommend/ann?n=0', 'GET', undefined, 'n'],
    ['/recommend/ann?N=5', 'GET', undefined, 'N'],
    ['/recommend/ann?write-back-type=like', 'GET', undefined, 'write-back-type'],
    ['/recommend/ann?write-back-type=read&write-back-delay=6m', 'GET', undefined, 'write-back-delay'],
    ['/items?cursor=!', 'GET', undefined, 'cursor'],
  ];
  for (const [path, method, body, field] of cases) {
    const answer = await call(path, { method, body });
    expect([answer.status, answer.body.errors?.map(({ path }: { path: string }) => path)], path).toEqual([
      400,
      [field === '0.value' ? '0.Value' : field],
    ]);
  }
  const { body } = await post('/feedback', [feedback('shared', 'ann', 'a')]);
  expect(body.errors[0].message).toContain('star (like)');
  expect((await post('/item', '{"ItemId"')).status).toBe(400);
});

it('pages through items with a cursor, in either spelling', async () => {
  await storeItems('page-a', 'page-b', 'page-c');
  const first = (await call('/items?n=2')).body;
  const second = (await call(`/items?n=2&Cursor=${first.Cursor}`)).body;
  const ids = [...first.Items, ...second.Items].map(({ ItemId }) => ItemId);
  expect(ids.slice(0, 3)).toEqual(['page-a', 'page-b', 'page-c']);
  expect((await call(`/items?cursor=${first.Cursor}`)).body.Items[0].ItemId).toBe('page-c');
  expect((await call('/items?n=100&cursor=')).body.Cursor).toBe('');
});

it('ignores posted feedback that exists, until it is taken back', async () => {
  const like = feedback('star', 'bea', 'chess', '2026-01-01 10:00:00.5 +0000 UTC');
  expect((await post('/feedback', [like, feedback('star', 'bea', 'chess')])).body).toEqual({ RowAffected: 1 });
  expect((await post('/feedback', [feedback('like', 'bea', 'chess', '2026-02-01')])).body).toEqual({ RowAffected: 0 });
  expect((await put('/feedback', [feedback('like', 'bea', 'chess', '2026-02-01')])).body).toEqual({ RowAffected: 1 });
  // The same request, sent again.
  expect((await put('/feedback', [feedback('like', 'bea', 'chess', '2026-02-01')])).body).toEqual({ RowAffected: 0 });
  const stored = { FeedbackType: 'like', UserId: 'bea', ItemId: 'chess', Value: 0, Comment: '' };
  const newest = { ...stored, Timestamp: '2026-02-01T00:00:00.000Z' };
  expect((await call('/feedback/star/bea/chess')).body).toEqual(newest);
  expect((await call('/user/bea/feedback')).body).toEqual([newest]);
  expect((await call('/user/bea/feedback/read')).body).toEqual([]);
  await post('/feedback', [{ ...feedback('play', 'bea', 'chess'), Value: 30, Comment: 'fun' }]);
  expect((await call('/user/bea/feedback/play')).body).toMatchObject([{ Value: 30 }]);
  expect((await call('/feedback/bea/chess', { method: 'DELETE' })).body).toEqual({
    RowAffected: 1,
    NotDeleted: ['play'],
  });
  expect((await call('/feedback/like/bea/chess')).status).toBe(404);
  expect((await call('/feedback/like/bea/chess', { method: 'DELETE' })).body).toEqual({ RowAffected: 0 });
  const later = new Date(Date.now() + 60_000).toISOString();
  expect((await post('/feedback', [feedback('like', 'bea', 'chess', later)])).body).toEqual({ RowAffected: 1 });
  // Taken back although its time is ahead of the server.
  expect((await call('/feedback/like/bea/chess', { method: 'DELETE' })).body).toEqual({ RowAffected: 1 });
  expect((await call('/user/bea/feedback/like')).body).toEqual([]);
});

it('waits for the log of a player whose object has not read it', async () => {
  const like: PlayerEvent = {
    ...{ id: 'imported', userId: 'slow', type: 'like', itemId: 'a', value: null, query: null },
    ...{ timestamp: 1_700_000_000_000, receivedAt: Date.now(), recommendationId: null, position: null },
    ...{ platform: null, country: null, locale: null },
  };
  await insertEvents(env.DB, [like]);
  // Longer than a gallery would wait; vitest.config.ts sets how long that is in tests.
  const delayed = delayReads(env.LOG_0, 2_500);
  await runInDurableObject(
    env.USER_SIGNALS.getByName('slow'),
    (object) => void Object.assign(object, { env: { ...env, LOG_0: delayed } }),
  );
  expect((await post('/feedback', [feedback('like', 'slow', 'a')])).body).toEqual({ RowAffected: 0 });
  expect((await call('/user/slow/feedback')).body).toMatchObject([{ FeedbackType: 'like', ItemId: 'a' }]);
});

it('says which parts of feedback are not kept', async () => {
  const spoken = { ...feedback('click', 'cem', 'go'), Comment: 'nice', Value: 2 };
  expect((await post('/feedback', [spoken])).body).toEqual({ RowAffected: 1, NotKept: ['Comment', 'Value'] });
});

const isListed = async (userId: string) =>
  (await call('/users?n=100')).body.Users.some(({ UserId }: { UserId: string }) => UserId === userId);

it('knows a user from the first event', async () => {
  expect((await call('/user/dan')).status).toBe(404);
  await post('/feedback', [feedback('view', 'dan', 'go')]);
  expect((await call('/user/dan')).body).toEqual({ UserId: 'dan', Labels: [], Subscribe: [], Comment: '' });
  await expect.poll(() => isListed('dan')).toBe(true);
  const { body } = await call('/user/dan', { method: 'DELETE' });
  expect(body).toEqual({ RowAffected: 1, ErasureId: expect.any(String) });
  expect((await callV1('GET', '/audit-log?limit=1')).entries).toMatchObject([
    { path: '/api/user/{userId}', ids: {}, after: { erasureId: body.ErasureId } },
  ]);
  await expect.poll(async () => (await call('/user/dan')).status).toBe(404);
});

it('keeps an inserted user, whole or changed in part, and no change of an unknown one', async () => {
  const user = { UserId: 'ivy', Labels: { tier: ['gold', 1] }, Subscribe: ['puzzle'], Comment: 'Ivy \u0000 \ud800' };
  expect((await post('/user', user)).body).toEqual({ RowAffected: 1 });
  expect((await call('/user/ivy')).body).toEqual(user);
  expect(await isListed('ivy')).toBe(true);
  const patch = (userId: string, body: object) => call(`/user/${userId}`, { method: 'PATCH', body });
  expect((await patch('ivy', { UserId: 'ivy', Comment: 'vip', Labels: null })).body).toEqual({ RowAffected: 1 });
  expect((await call('/user/ivy')).body).toEqual({ ...user, Comment: 'vip' });
  expect((await patch('ivy', { Labels: ['a'], Subscribe: [], Comment: '' })).body).toEqual({ RowAffected: 1 });
  expect((await call('/user/ivy')).body).toEqual({ UserId: 'ivy', Labels: ['a'], Subscribe: [], Comment: '' });
  // As in gorse, an insertion replaces the whole user.
  expect((await post('/users', [{ UserId: 'ivy', Comment: null }, { UserId: 'jan' }])).body).toEqual({
    RowAffected: 2,
  });
  for (const UserId of ['ivy', 'jan'])
    expect((await call(`/user/${UserId}`)).body).toEqual({ UserId, Labels: null, Subscribe: null, Comment: '' });

  expect((await patch('nobody', { Comment: 'vip' })).status).toBe(404);
  expect((await call('/user/nobody')).status).toBe(404);
  await post('/feedback', [feedback('view', 'kim', 'go')]);
  expect((await patch('kim', { Comment: 'vip' })).status).toBe(200);
  expect((await call('/user/kim')).body).toEqual({ UserId: 'kim', Labels: null, Subscribe: null, Comment: 'vip' });
});

it('shows and takes over nothing that an erasure has yet to delete', async () => {
  await post('/user', { UserId: 'mia', Labels: ['old'], Comment: 'old' });
  await beginErasure(env.DB, [env.LOG_0], 'mia', Date.now());
  expect((await call('/user/mia')).status).toBe(404);
  await post('/feedback', [feedback('view', 'mia', 'go')]);
  expect((await call('/user/mia')).body).toEqual({ UserId: 'mia', Labels: [], Subscribe: [], Comment: '' });
  await call('/user/mia', { method: 'PATCH', body: { Subscribe: ['new'] } });
  expect((await call('/user/mia')).body).toEqual({ UserId: 'mia', Labels: null, Subscribe: ['new'], Comment: '' });
});

it('exports an inserted user, and erases it at once; one inserted again stays', async () => {
  const listExported = async () => {
    const response = await exports.default.fetch('http://edge/v1/users/lea/export', {
      headers: { authorization: 'Bearer test-admin' },
    });
    const lines = (await response.text()).trim().split('\n');
    return lines.map((line) => JSON.parse(line)).filter(({ store }) => store === 'gorse-users');
  };
  await post('/user', { UserId: 'lea', Labels: ['a'], Comment: 'Lea' });
  expect(await listExported()).toMatchObject([{ user_id: 'lea', labels: '["a"]', comment: '"Lea"' }]);
  const { ErasureId } = (await call('/user/lea', { method: 'DELETE' })).body;
  expect((await call('/user/lea')).status).toBe(404);
  expect((await call('/user/lea', { method: 'PATCH', body: { Comment: 'x' } })).status).toBe(404);
  expect((await post('/user', { UserId: 'lea', Comment: 'again' })).status).toBe(200);
  const isFinished = async () => (await callV1('GET', `/erasures/${ErasureId}`)).finishedAt !== null;
  await expect.poll(isFinished, { interval: 100 }).toBe(true);
  expect((await call('/user/lea')).body).toMatchObject({ Labels: null, Comment: 'again' });
  expect(await listExported()).toHaveLength(1);
});

it('recommends, pages, and writes back what was shown as impressions', async () => {
  await storeItems('r1', 'r2', 'r3', 'r4', 'r5', 'r6');
  await post('/feedback', [feedback('play', 'eve', 'r1'), feedback('purchase', 'eve', 'r2')]);
  const all: string[] = (await call('/recommend/eve?n=1000')).body;
  expect(all).toEqual(expect.arrayContaining(['r3', 'r4', 'r5', 'r6']));
  for (const own of ['r1', 'r2']) expect(all).not.toContain(own);
  expect((await call('/recommend/eve/?n=2')).body).toHaveLength(2);
  expect((await call(`/recommend/eve?n=100&offset=${all.length}`)).body).toEqual([]);
  const racing: string[] = (await call('/recommend/eve/racing?n=100')).body;
  expect(racing).toEqual(expect.arrayContaining(['r4', 'r6']));
  expect(racing).not.toContain('r3');
  expect(new Set((await call('/recommend/eve?n=100&category=Racing')).body)).toEqual(new Set(racing));
  const shown: string[] = (await call('/recommend/eve?n=3&write-back-type=read&write-back-delay=1m')).body;
  const { impressions } = await env.USER_SIGNALS.getByName('eve').snapshot();
  expect(new Set(impressions.map(({ itemId }) => itemId))).toEqual(new Set(shown));
  expect(impressions[0]!.timestamp).toBeGreaterThan(Date.now());
});

it('writes back every page and every repetition of a stored gallery, whose answers have one id', async () => {
  const itemIds = ['w1', 'w2', 'w3', 'w4'];
  await storeItems(...itemIds);
  const items = itemIds.map((itemId) => ({ itemId, score: 1, reason: '', item: makeItem(itemId) }));
  const gallery = {
    recommendationId: 'stored',
    generatedAt: '2026-01-01T00:00:00Z',
    release: null,
    dataUntil: null,
    rows: [{ id: 'top-picks', title: '', reason: '', items }],
    ownedOrPlayed: [],
    dismissed: [],
    ageLimit: null,
  };
  await writeBatchGalleries(env.DB, [{ userId: 'una', gallery }], 1);
  const una = env.USER_SIGNALS.getByName('una');
  const USER_SIGNALS = {
    getByName: () =>
      fakeObject({
        record: (events: PlayerEvent[]) => una.record(events),
        readUserState: () => Promise.reject(new Error('overloaded')),
      }),
  };
  const recommend = async (query: string) => {
    const request = new Request<unknown, IncomingRequestCfProperties>(
      `http://edge/api/recommend/una?n=2&deadlineMs=5000&write-back-type=read${query}`,
      { headers: { 'x-api-key': 'test-admin' } },
    );
    const response = await worker.fetch(request, { ...env, USER_SIGNALS } as never, createExecutionContext());
    return response.json();
  };
  expect(await recommend('')).toEqual(['w1', 'w2']);
  expect(await recommend('')).toEqual(['w1', 'w2']);
  expect(await recommend('&offset=2')).toEqual(['w3', 'w4']);
  const { impressions } = await una.snapshot();
  expect(impressions.map(({ itemId }) => itemId).toSorted()).toEqual(['w1', 'w1', 'w2', 'w2', 'w3', 'w4']);
});

it('ranks for a session without storing it', async () => {
  await storeItems('s1', 's2', 's3');
  const session = [feedback('like', 'session', 's1'), { FeedbackType: 'view', ItemId: 's2' }];
  const { status, body } = await post('/session/recommend?n=100', session, 'test-read');
  const ids = body.map(({ Id }: { Id: string }) => Id);
  expect([status, ids.includes('s1'), ids.includes('s2'), ids.includes('s3')]).toEqual([200, false, false, true]);
  expect((await post('/session/recommend/', [])).status).toBe(200);
  const racing = await post('/session/recommend/Racing?n=100', session);
  expect(racing.body.map(({ Id }: { Id: string }) => Id)).not.toContain('s3');
  const { actions } = await env.USER_SIGNALS.getByName('session').snapshot();
  expect(actions).toEqual([]);
});

it('lists popular and latest items and neighbours, for a category and without what a user has', async () => {
  const day = new Date(Date.now() - 86_400_000).toISOString();
  await post('/items', [
    { ItemId: 'n1', Categories: ['Puzzle'], Labels: ['x', 'y'], Timestamp: day },
    { ItemId: 'n2', Categories: ['Puzzle'], Labels: ['x', 'y'], Timestamp: day },
    { ItemId: 'n3', Categories: ['Puzzle', 'Racing'], Labels: ['x'] },
  ]);
  expect((await call('/latest?n=1')).body).toEqual([
    { Id: expect.stringMatching(/^n[12]$/), Score: expect.any(Number) },
  ]);
  expect(await idsOf('/item/n1/neighbors/?n=1')).toEqual(['n2']);
  expect(await idsOf('/item/n1/neighbors/racing')).toContain('n3');
  expect(await idsOf('/item/n1/neighbors/racing')).not.toContain('n2');
  expect(await idsOf('/item/nobody/neighbors')).toEqual([]);
  await post('/feedback', [feedback('purchase', 'fay', 'n2')]);
  expect(await idsOf('/item/n1/neighbors?user-id=fay&n=100')).not.toContain('n2');
  for (const list of ['/popular', '/latest']) {
    expect(await idsOf(`${list}?n=100`)).toContain('n2');
    expect(await idsOf(`${list}?n=100&user-id=fay`)).not.toContain('n2');
    expect(await idsOf(`${list}/racing?n=100`)).not.toContain('n2');
  }
});

it('pages beyond a hundred items, without repeating one', async () => {
  const itemIds = Array.from({ length: 220 }, (_, index) => `p${index}`);
  await storeItems(...itemIds);
  const idOf = (one: string | { Id: string }) => (typeof one === 'string' ? one : one.Id);
  const readPages = async (read: (page: string) => Promise<{ body: (string | { Id: string })[] }>) =>
    (await Promise.all([0, 100, 200].map(async (offset) => (await read(`?n=100&offset=${offset}`)).body)))
      .flat()
      .map(idOf);
  const session = [feedback('like', 'session', 'p0')];
  for (const [name, expected, read] of [
    ['recommend', itemIds, (page) => call(`/recommend/gus${page}`)],
    ['popular', itemIds, (page) => call(`/popular${page}`)],
    ['latest', itemIds, (page) => call(`/latest${page}`)],
    ['session', itemIds.slice(1), (page) => post(`/session/recommend${page}`, session)],
    // Of the same category.
    ['neighbors', itemIds.slice(1).filter((_, at) => at % 2 === 1), (page) => call(`/item/p0/neighbors/Puzzle${page}`)],
  ] satisfies [string, string[], Parameters<typeof readPages>[0]][]) {
    const ids = await readPages(read);
    expect(new Set(ids).size, name).toBe(ids.length);
    expect(
      expected.filter((id) => !ids.includes(id)),
      name,
    ).toEqual([]);
  }
});

it('says what to use in place of an endpoint that it does not have', async () => {
  for (const [path, instead] of [
    ['/feedback', 'npm run query'],
    ['/feedback/like', 'npm run query'],
    ['/item/a/feedback', 'npm run query'],
    ['/item/a/feedback/like', 'npm run query'],
    ['/user/ann/neighbors/', 'not compared'],
    ['/intermediate/recommend/ann', '/api/recommend'],
    ['/measurements/ndcg', '/v1/metrics'],
    ['/health/live', '/health'],
    ['/dashboard/stats', 'at /'],
  ]) {
    const { status, body } = await call(path!);
    expect([status, body.detail], path).toEqual([404, expect.stringContaining(instead!)]);
  }
});
