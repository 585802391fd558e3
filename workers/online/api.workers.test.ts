import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { fakeObject } from '../../tests/fake-object.ts';
import { Budget } from '../serving/budget.ts';

type Answer = Problem & Gallery & Recommendations & { results: { id: string; status: string; reason?: string }[] };

interface Call {
  method?: string;
  body?: unknown;
  key?: string | null;
  type?: string;
}

async function call(path: string, { method = 'GET', body, key = 'test-admin', type = 'application/json' }: Call = {}) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': type, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: (text === '' ? null : JSON.parse(text)) as Answer,
  };
}
const send = (...events: object[]) => call('/v1/events', { method: 'POST', body: { events } });
const put = (itemId: string, fields: object) => call(`/v1/items/${itemId}`, { method: 'PUT', body: fields });
const listed = async (path: string) => (await call(path)).body.items.map(({ itemId }) => itemId);

it('answers only health without a key, and each key within its scope', async () => {
  expect((await call('/health', { key: null })).status).toBe(200);
  for (const path of ['/v1/items', '/v1/items/popular', '/v1/users/ann/gallery', '/v1/status', '/v1/users'])
    for (const key of [null, 'wrong', 'test-adminx', '']) expect((await call(path, { key })).status, path).toBe(401);
  const lower = await exports.default.fetch('http://edge/v1/items', { headers: { authorization: 'bearer test-read' } });
  expect(lower.status).toBe(200);
  for (const key of ['test-admin', 'test-admin-next', 'test-read'])
    expect((await call('/v1/items/popular', { key })).status, key).toBe(200);
  expect((await call('/v1/items/popular', { key: 'test-ingest' })).status).toBe(403);
  expect((await call('/v1/status', { key: 'test-read' })).status).toBe(403);
  // A game client's key may send events, but not change the catalogue.
  expect((await call('/v1/items/a', { method: 'PUT', body: { title: 'A' }, key: 'test-ingest' })).status).toBe(403);
  expect((await call('/v1/items/a', { method: 'DELETE', key: 'test-ingest' })).status).toBe(403);
  expect((await call('/v1/events', { method: 'POST', body: { events: [] }, key: 'test-read' })).status).toBe(403);
  // Sending events and reading the gallery in one request needs both scopes.
  for (const key of ['test-ingest', 'test-read']) {
    const { status, body } = await call('/v1/users/ann/gallery', { method: 'POST', body: { events: [] }, key });
    expect([status, body.detail]).toEqual([403, expect.stringContaining(key === 'test-read' ? 'ingest' : 'read')]);
  }
  // No address gives a key away, whatever origin the request claims.
  const local = { headers: { host: 'localhost', 'mf-original-url': 'http://localhost/local/key' } };
  expect((await exports.default.fetch('http://localhost/local/key', local)).status).toBe(404);
});

it('refuses malformed requests with a problem that names the field', async () => {
  const click = { id: 'e', userId: 'ann', type: 'click', itemId: 'x' };
  const cases: [path: string, init: Call, status: number, field?: string][] = [
    ['/v1/users/ann/gallery?policy=best', {}, 400, 'policy'],
    ['/v1/users/ann/gallery?ageLimit=', {}, 400, 'ageLimit'],
    ['/v1/users/ann/gallery?n=0x10', {}, 400, 'n'],
    ['/v1/users/ann/gallery?deadlineMs=1e3', {}, 400, 'deadlineMs'],
    ['/v1/users/ann/gallery?explain=', {}, 400, 'explain'],
    ['/v1/events', { method: 'POST', body: '{"events": [' }, 400],
    ['/v1/events', { method: 'POST', body: '{"events": [], "a": NaN}' }, 400],
    ['/v1/events', { method: 'POST', body: {} }, 400, 'events'],
    ['/v1/events', { method: 'POST', body: [] }, 400, ''],
    ['/v1/events', { method: 'POST', body: { events: [] } }, 400, 'events'],
    ['/v1/events', { method: 'POST', body: { events: Array(101).fill(click) } }, 400, 'events'],
    ['/v1/events', { method: 'POST', body: { events: ['x'.repeat(2_000_000)] } }, 413],
    ['/v1/events', { method: 'POST', body: 'hello', type: 'text/plain' }, 415],
    [
      '/v1/items',
      { method: 'POST', body: { items: [{ itemId: 'a', title: 'A' }, { itemId: 'b' }] } },
      400,
      'items.1.title',
    ],
    ['/v1/items', { method: 'POST', body: { items: Array(501).fill({ itemId: 'a', title: 'A' }) } }, 400, 'items'],
    ['/v1/items/a', { method: 'PUT', body: { title: 7 } }, 400, 'title'],
    ['/v1/items/a', { method: 'PUT', body: { title: 'A', releaseDate: '2026-13-01' } }, 400, 'releaseDate'],
    ['/v1/items/a', { method: 'PUT', body: { title: 'A', coverUrl: 'javascript:alert(1)' } }, 400, 'coverUrl'],
    ['/v1/items/a', { method: 'PUT', body: { title: 'A\u0000B' } }, 400, 'title'],
    ['/v1/items/a', { method: 'PUT', body: { title: 'A', tags: ['x', '\ud800'] } }, 400, 'tags.1'],
    ['/v1/items/popular', { method: 'PUT', body: { title: 'A' } }, 400, 'itemId'],
    ['/v1/items/a%2Fb', { method: 'PUT', body: { title: 'A' } }, 400, 'itemId'],
    ['/v1/items/a%00b', {}, 400, 'itemId'],
    [`/v1/items/${'x'.repeat(10_000)}`, {}, 400, 'itemId'],
    [`/v1/users/${'x'.repeat(10_000)}/gallery`, {}, 400, 'userId'],
    ['/v1/items/nothing-like-it', {}, 404],
    ['/v1/items/nothing-like-it/similar', {}, 404],
    ['/v1/items/nothing-like-it', { method: 'DELETE' }, 404],
    ['/v1/items/nothing-like-it', { method: 'PATCH', body: { price: 1 } }, 404],
    ['/v1/items?limit=101', {}, 400, 'limit'],
    ['/v1/items?cursor=%21', {}, 400, 'cursor'],
    ['/v1/nowhere', {}, 404],
    ...['0', '-1', '1e9', 'NaN', 'many', '', '1.5'].map((n): [string, Call, number, string] => [
      `/v1/users/ann/recommendations?n=${n}`,
      {},
      400,
      'n',
    ]),
  ];
  for (const [path, init, status, field] of cases) {
    const answer = await call(path, init);
    expect(answer.status, `${init.method ?? 'GET'} ${path.slice(0, 60)}`).toBe(status);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, title: expect.any(String), type: expect.any(String) });
    if (field !== undefined) expect(answer.body.errors![0]!.path, path).toBe(field);
  }
});

it('validates each event on its own and names the invalid field', async () => {
  const click = { userId: 'judged', type: 'click', itemId: 'x' };
  const { status, body } = await send(
    { ...click, id: '1' },
    { ...click, id: '1' },
    { ...click, id: '2', timestamp: '1970-01-01T00:00:00Z' },
    { ...click, id: '3', timestamp: '2100-01-01T00:00:00Z' },
    { ...click, id: '4', userId: 'a/b' },
    { ...click, id: '5', type: 'rate', value: null },
    { ...click, id: '6', type: 'search', query: 'a\u0007b' },
    { id: 7 },
    null as unknown as object,
    { ...click, id: '1', userId: 'other' },
  );
  expect(status).toBe(202);
  expect(body.results.map(({ id, status }) => `${id} ${status}`)).toEqual([
    '1 accepted',
    '1 duplicate',
    '2 rejected',
    '3 rejected',
    '4 rejected',
    '5 rejected',
    '6 rejected',
    ' rejected',
    ' rejected',
    '1 accepted',
  ]);
  expect(body.results[2]!.reason).toMatch(/^timestamp: /);
  expect(body.results[4]!.reason).toMatch(/^userId: /);
  expect((await send({ ...click, id: '1' })).body.results[0]!.status).toBe('duplicate');
  // Both players' events reach the log, though their ids are the same.
  await expect.poll(() => env.DB.prepare("select count(*) as n from events where id = '1'").first('n')).toBe(2);
});

it('replaces, changes, lists and filters items; hidden and deleted ones are gone at once', async () => {
  await call('/v1/items', {
    method: 'POST',
    body: {
      items: Array.from({ length: 25 }, (_, index) => ({
        itemId: `game-${String(index).padStart(2, '0')}`,
        title: `Game ${index}`,
        genres: [index % 2 === 0 ? 'Strategy' : 'Racing'],
        tags: index === 7 ? ['Rally'] : [],
        releaseDate: '2026-01-01',
      })),
    },
  });
  const pages: string[] = [];
  let cursor: string | null = '';
  do {
    const { body }: { body: Answer & { cursor?: string | null } } = await call(
      `/v1/items?limit=10${cursor ? `&cursor=${cursor}` : ''}`,
    );
    pages.push(...body.items.map(({ itemId }) => itemId));
    cursor = body.cursor ?? null;
  } while (cursor !== null);
  expect(pages).toHaveLength(25);
  expect(new Set(pages).size).toBe(25);
  expect(await listed('/v1/items?tag=Rally')).toEqual(['game-07']);
  expect(await listed('/v1/items?genre=Racing&text=GAME%202&limit=100')).toEqual(['game-21', 'game-23']);

  expect(await listed('/v1/items/new?n=100')).toContain('game-03');
  await call('/v1/items/game-03', { method: 'PATCH', body: { hidden: true } });
  await call('/v1/items/game-04', { method: 'DELETE' });
  for (const path of ['/v1/items/new?n=100', '/v1/items/popular?n=100', '/v1/users/ann/recommendations?n=100']) {
    const answered = await listed(path);
    expect(answered).not.toContain('game-03');
    expect(answered).not.toContain('game-04');
    expect(answered).toHaveLength(23);
  }
  for (const itemId of ['game-03', 'game-04']) expect((await call(`/v1/items/${itemId}`)).status).toBe(404);
  expect(await listed('/v1/items?text=Game&limit=100')).toHaveLength(23);
  await call('/v1/items/game-03', { method: 'PATCH', body: { hidden: false } });
  await put('game-04', { title: 'Game 4, again' });
  expect(await listed('/v1/items/popular?n=100')).toEqual(expect.arrayContaining(['game-03', 'game-04']));
});

it('answers a cold-start user from statistics, and shows an acknowledged event in the next answer', async () => {
  const before = await call('/v1/users/new-player/gallery?expand=item');
  expect(before.body).toMatchObject({ tier: 'statistics', release: null, degraded: [] });
  const [first, second, third] = before.body.rows[0]!.items;
  expect(first!.item!.title).toEqual(expect.any(String));
  const shown = before.body.rows.flatMap((row) => row.items.map(({ itemId }) => itemId));
  expect(new Set(shown).size).toBe(shown.length);

  await send(
    { id: 'a', userId: 'new-player', type: 'play', itemId: first!.itemId, value: 45 },
    { id: 'b', userId: 'new-player', type: 'dismiss', itemId: second!.itemId },
    { id: 'c', userId: 'new-player', type: 'purchase', itemId: third!.itemId },
    { id: 'd', userId: 'new-player', type: 'like', itemId: 'unknown-item' },
  );
  const { rows } = (await call('/v1/users/new-player/gallery?n=100')).body;
  // A game being played appears only in its own row.
  expect(rows.find(({ id }) => id === 'continue')!.items.map(({ itemId }) => itemId)).toEqual([first!.itemId]);
  const after = rows.filter(({ id }) => id !== 'continue').flatMap(({ items }) => items.map(({ itemId }) => itemId));
  expect(after.length).toBeGreaterThan(0);
  for (const gone of [first, second, third]) expect(after).not.toContain(gone!.itemId);
  expect(after).not.toContain('unknown-item');
});

it('explains why an item is shown or not, and refuses to explain too many', async () => {
  await call('/v1/events', {
    method: 'POST',
    body: { events: [{ id: 'x', userId: 'curious', type: 'dismiss', itemId: 'game-03' }] },
  });
  const [refused, unknown] = (await call('/v1/users/curious/gallery?explain=game-03,no%252Cbody')).body.explain!;
  expect(refused).toMatchObject({ itemId: 'game-03', shown: null, why: 'dismissed' });
  expect(unknown).toMatchObject({ itemId: 'no,body', shown: null });
  expect(unknown!.sources).toEqual({});

  const { items, explain } = (await call('/v1/users/curious/recommendations?n=3&explain=1')).body;
  expect(explain!.slice(0, 3)).toEqual(
    items.map(({ itemId, reason }, column) =>
      expect.objectContaining({ itemId, why: reason, shown: { rowId: 'recommendations', column } }),
    ),
  );
  expect(explain!.slice(3)).toEqual([expect.objectContaining({ itemId: 'game-03', why: 'dismissed' })]);
  expect((await call('/v1/users/curious/gallery')).body.explain).toBeUndefined();
  const many = Array.from({ length: 21 }, (_, index) => index).join(',');
  expect((await call(`/v1/users/curious/gallery?explain=${many}`)).status).toBe(400);
});

it('still answers if the player’s object fails, and names it', async () => {
  const { hydrate } = await import('../serving/hydrate.ts');
  const broken = {
    ...env,
    USER_SIGNALS: { getByName: () => fakeObject({ readUserState: () => Promise.reject(new Error('overloaded')) }) },
  };
  const { answer, input } = await hydrate({
    env: broken as unknown as Env,
    userId: 'ann',
    context: EMPTY_CONTEXT,
    budget: new Budget(1_000),
    waitUntil() {},
  });
  expect(answer).toMatchObject({
    tier: 'statistics',
    degraded: [{ step: 'signals', reason: 'overloaded' }],
  });
  expect(input.catalogue.size).toBeGreaterThan(0);
});

it('documents every route with the scope of its key', async () => {
  const document = (await call('/openapi.json', { key: null })).body as unknown as {
    paths: Record<string, Record<string, { security: unknown[]; summary: string }>>;
  };
  expect(Object.keys(document.paths).toSorted()).toEqual([
    '/.well-known/jwks.json',
    '/health',
    '/metrics',
    '/ofrep/v1/evaluate/flags',
    '/ofrep/v1/evaluate/flags/{key}',
    '/v1/alerts',
    '/v1/alerts/rules',
    '/v1/alerts/rules/{ruleId}',
    '/v1/alerts/{alertId}',
    '/v1/audit-log',
    '/v1/dead-letters',
    '/v1/dead-letters/replay',
    '/v1/dead-letters/{letterId}',
    '/v1/dead-letters/{letterId}/replay',
    '/v1/erasures/{erasureId}',
    '/v1/events',
    '/v1/experiments',
    '/v1/experiments/{experimentId}',
    '/v1/experiments/{experimentId}/report',
    '/v1/experiments/{experimentId}/start',
    '/v1/experiments/{experimentId}/stop',
    '/v1/guests',
    '/v1/issuers',
    '/v1/issuers/{issuerId}',
    '/v1/items',
    '/v1/items/best-rated',
    '/v1/items/new',
    '/v1/items/popular',
    '/v1/items/trending',
    '/v1/items/{itemId}',
    '/v1/items/{itemId}/similar',
    '/v1/jobs',
    '/v1/jobs/{job}/runs',
    '/v1/keys',
    '/v1/keys/{keyId}',
    '/v1/metrics',
    '/v1/releases',
    '/v1/releases/{version}',
    '/v1/releases/{version}/activate',
    '/v1/releases/{version}/canary',
    '/v1/releases/{version}/pin',
    '/v1/rules',
    '/v1/rules/{ruleId}',
    '/v1/status',
    '/v1/subscriptions',
    '/v1/subscriptions/{subscriptionId}',
    '/v1/tokens',
    '/v1/users',
    '/v1/users/{userId}',
    '/v1/users/{userId}/export',
    '/v1/users/{userId}/gallery',
    '/v1/users/{userId}/merge',
    '/v1/users/{userId}/merges',
    '/v1/users/{userId}/merges/{guestId}',
    '/v1/users/{userId}/preferences',
    '/v1/users/{userId}/recommendations',
    '/v1/users/{userId}/search',
    '/v1/users/{userId}/signals',
    '/v1/users/{userId}/stream',
  ]);
  const open = ['/.well-known/jwks.json', '/health', '/v1/guests'];
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of Object.values(operations)) {
      expect(operation.summary).toEqual(expect.any(String));
      expect(operation.security.length > 0, path).toBe(!open.includes(path));
    }
});
