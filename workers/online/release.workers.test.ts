import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { RELEASE_POINTER_KEY, releaseKey } from '../../models/contracts/layout.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import type { ListedRelease } from '../../models/contracts/release.ts';
import { runSmokeTest } from '../../scripts/deploy/smoke-test.ts';
import { type Publication, publishFake } from '../../tests/fake-release.ts';
import { ACTIVATION_WAIT_MS, Isolate, isolate } from '../serving/isolate.ts';
import { listAuditEntries } from '../storage/audit-log.ts';

type Answer = Gallery & Recommendations & { engine: string | null; modelMemory: string | null; failures: object[] };

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
  await publish('good', { itemIds, shift: 0 });
  await expect.poll(async () => (await call('/v1/status')).engine).toBe('onnx');
  expect((await call('/v1/status')).modelMemory).toBe('plain');

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

  await publish('bad', { itemIds, shift: 1, damage: ({ model }) => model.fill(0, 100, 200) });
  vi.setSystemTime(Date.now() + 60_000);
  await expect
    .poll(async () => (await call('/v1/status')).failures)
    .toEqual([{ step: 'release', reason: expect.stringMatching(/^bad: .*model\.onnx does not have the sha256/) }]);
  expect(await call('/v1/items/g5/similar?n=5')).toMatchObject({ release: 'good', items: similar.items });
});

it('passes the smoke test of a deployment, which erases its player', async () => {
  // workerd has no redirect “error”.
  vi.stubGlobal('fetch', (url: URL, { redirect: _, ...init }: RequestInit) => exports.default.fetch(url, init));
  const { id } = env.DEPLOYED_VERSION!;
  const smoke = (version = id) =>
    runSmokeTest({ url: 'http://edge', key: 'test-admin', version, limitMs: 0, pollMs: 1 });
  await expect(smoke('newer')).rejects.toThrow(`version newer is deployed, but ${id} still answers`);
  await expect(smoke()).rejects.toThrow(/^its release fails: bad: /);
  await send('POST', '/good/activate');
  const seen = await smoke();
  vi.unstubAllGlobals();
  expect(seen).toBe('it answers with a gallery scored by onnxruntime, release good');
  const erased = await env.DB.prepare('select count(*) as count from erasures').first();
  expect(erased).toEqual({ count: 1 });
});

interface Called<T> {
  status: number;
  body: T & Problem;
}
async function send<T = object>(method: string, path: string, key = 'test-admin'): Promise<Called<T>> {
  const response = await exports.default.fetch(`http://edge/v1/releases${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
/** This isolate follows at once. */
async function publish(version: string, publication: Publication) {
  const published = await publishFake(env.BUCKET, version, publication);
  await isolate.state.publish(env, Date.now(), () => {});
  return published;
}
type Listed = { inUse: object; releases: ListedRelease[]; cursor: string | null };
const newestEntry = async () => (await listAuditEntries(env.DB, Number.MAX_SAFE_INTEGER, 1))[0]!;

it('lists releases, goes back to one and pins it: here at once, in other isolates within 30 seconds', async () => {
  const old = await publish('r1', {
    itemIds,
    shift: 0,
    alter: (_, { metrics }) => Object.assign(metrics, { candidate: { ...metrics.candidate, 'ndcg@10': 0.25 } }),
  });
  await publish('r2', { itemIds, shift: 1, previous: old });
  const other = new Isolate();
  const loads: Promise<unknown>[] = [];
  const served = async (now: number) => {
    const { value } = await other.getRelease(env, now, (load) => void loads.push(load), 10_000);
    return value?.manifest.version;
  };
  expect(await served(0)).toBe('r2');

  const first = await send<Listed>('GET', '?limit=1&cursor=r3');
  expect(first.body).toMatchObject({ inUse: { version: 'r2', previous: 'r1', pinned: false }, cursor: 'r2' });
  const second = await send<Listed>('GET', `?limit=1&cursor=${first.body.cursor}`);
  const { releases } = second.body;
  expect(releases).toMatchObject([{ version: 'r1', failure: null, summary: { algorithm: 'fake', items: 200 } }]);
  expect(releases[0]!.summary!.metrics.candidate['ndcg@10']).toBe(0.25);
  expect((await send<ListedRelease>('GET', '/r1')).body).toEqual(releases[0]);

  const activated = await send('POST', '/r1/activate');
  expect([activated.status, activated.body]).toEqual([
    200,
    { version: 'r1', previous: 'r2', pinned: false, movedAt: expect.any(String), failure: null },
  ]);
  expect((await call('/v1/items/g5/similar?n=5')).release).toBe('r1');
  expect(await newestEntry()).toMatchObject({
    path: '/v1/releases/{version}/activate',
    ids: { version: 'r1' },
    before: { version: 'r2', previous: 'r1' },
    after: { version: 'r1', previous: 'r2' },
  });
  // The answer that starts the load is still the old one's: no request waits for it.
  expect(await served(16_000)).toBe('r2');
  // The state's, which begins that of the release.
  for (const load of loads) await load;
  expect(await served(29_000)).toBe('r1');

  // Again: nothing moves, and the release before stays the one before.
  expect((await send('POST', '/r1/activate')).body).toEqual(activated.body);
  expect((await send('PUT', '/r1/pin')).body).toMatchObject({ version: 'r1', previous: 'r2', pinned: true });
  expect(await newestEntry()).toMatchObject({ before: { pinned: false }, after: { pinned: true } });
  expect((await send('POST', '/r2/activate')).body).toMatchObject({ version: 'r2', previous: 'r1', pinned: true });
  expect((await send('DELETE', '/r2/pin')).status).toBe(204);
  expect(await newestEntry()).toMatchObject({ before: { pinned: true }, after: { version: 'r2', pinned: false } });
});

it('refuses what cannot be served, and leaves the pointer', async () => {
  await publish('a0', { itemIds, shift: 0, schema: 1 });
  await publish('a1', { itemIds, shift: 0 });
  await env.BUCKET.delete(releaseKey('a1', 'neighbours.bin'));
  const refused = await publish('a2', {
    itemIds,
    shift: 0,
    alter: (_, { selfTest }) => Object.assign(selfTest.expected[0]!, { score: 9 }),
  });
  await publish('a3', { itemIds, shift: 3, previous: refused });
  const cases: [method: string, path: string, status: number, detail: RegExp | undefined][] = [
    ['POST', '/none/activate', 404, /no release “none”/],
    ['GET', '/none', 404, /no release “none”/],
    ['POST', '/a%20b/activate', 400, undefined],
    ['GET', '?limit=21', 400, undefined],
    ['POST', '/a0/activate', 409, /of schema 1, .*: train again/],
    ['POST', '/a1/activate', 409, /neighbours\.bin is missing/],
    ['PUT', '/a1/pin', 409, /not the release in use/],
    ['DELETE', '/a1/pin', 409, /not the release in use/],
  ];
  for (const [method, path, status, detail] of cases) {
    const { status: found, body } = await send(method, path);
    expect([found, body.status], path).toEqual([status, status]);
    if (detail === undefined) expect(body.errors, path).toHaveLength(1);
    else expect(body.detail, path).toMatch(detail);
  }
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/a3'],
    ['POST', '/a3/activate'],
    ['PUT', '/a3/pin'],
    ['DELETE', '/a3/pin'],
  ] as const)
    expect((await send(method, path, 'test-read')).status, path).toBe(403);
  const { releases, inUse } = (await send<Listed>('GET', '?cursor=a2')).body;
  expect(inUse).toMatchObject({ version: 'a3' });
  expect(releases.at(-1)).toEqual({ version: 'a0', failure: expect.stringContaining('train again'), summary: null });

  // What only loading shows: this isolate keeps what it has, and says so.
  const { body } = await send<{ failure: string }>('POST', '/a2/activate');
  expect(body.failure).toMatch(/^a2: self-test/);
  // One that starts now serves the release before.
  const cold = new Isolate();
  const { value, failure } = await cold.getRelease(env, 0, () => {}, 10_000);
  expect(value!.manifest.version).toBe('a3');
  expect(failure).toMatch(/^a2: self-test/);
  expect(cold.peekRelease().failure).toBe(failure);
});

it('loads a release that was mended at once when it is activated', async () => {
  await publish('b1', { itemIds, shift: 0 });
  const key = releaseKey('b1', 'neighbours.bin');
  const file = await (await env.BUCKET.get(key))!.arrayBuffer();
  await env.BUCKET.delete(key);
  await isolate.revalidateRelease(env, Date.now(), () => {});
  expect(isolate.peekRelease().failure).toMatch(/^b1: .*neighbours\.bin is missing/);
  await env.BUCKET.put(key, file);
  expect((await send('POST', '/b1/activate')).body).toMatchObject({ version: 'b1', failure: null });
});

it('does not wait long for a release whose files never come, and says that it loads it', async () => {
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) =>
    setTimeout(run, ms === ACTIVATION_WAIT_MS ? 0 : ms)) as typeof setTimeout);
  const whole = await publish('h1', { itemIds, shift: 0 });
  await publish('h2', { itemIds, shift: 1, previous: whole });
  const BUCKET = new Proxy(env.BUCKET, {
    get:
      (bucket, name) =>
      (key: string, ...rest: unknown[]) =>
        key === releaseKey('h2', 'model.onnx')
          ? new Promise(() => {})
          : Reflect.get(bucket, name).call(bucket, key, ...rest),
  });
  await isolate.revalidateRelease({ ...env, BUCKET }, Date.now(), () => {});
  // It shares the load that hangs.
  const { body } = await send<{ failure: string }>('POST', '/h2/activate');
  expect(body.failure).toBe('this isolate is still loading it');
  expect((await send('POST', '/h1/activate')).body).toMatchObject({ version: 'h1', failure: null });
  vi.restoreAllMocks();
});

it('mends a damaged pointer by activating a release', async () => {
  await publish('c1', { itemIds, shift: 0 });
  await env.BUCKET.put(RELEASE_POINTER_KEY, '{');
  const listed = await send<{ inUse: null; failure: string; releases: object[] }>('GET', '?limit=1');
  expect(listed).toMatchObject({ status: 200, body: { inUse: null, releases: [expect.any(Object)] } });
  expect(listed.body.failure).toMatch(/pointer is damaged: .* activate a release/);
  for (const method of ['PUT', 'DELETE']) expect((await send(method, '/c1/pin')).status, method).toBe(409);
  expect((await send('POST', '/c1/activate')).body).toMatchObject({ version: 'c1', previous: null, failure: null });
  expect(await newestEntry()).toMatchObject({ before: null, after: { version: 'c1' } });
  expect((await send('GET', '?limit=1')).body).toMatchObject({ inUse: { version: 'c1' }, failure: null });
});

it('keeps the release before if the one in use is broken when another is activated', async () => {
  const damage = ({ model }: { model: Uint8Array }) => model.fill(0, 100, 200);
  const whole = await publish('d1', { itemIds, shift: 0 });
  const selfTestFails: Publication['alter'] = (_, { selfTest }) => Object.assign(selfTest.expected[0]!, { score: 9 });
  await publish('d3', { itemIds, shift: 0, alter: selfTestFails });
  await publish('d2', { itemIds, shift: 0, previous: whole, damage });
  await isolate.revalidateRelease(env, Date.now(), () => {});
  const activate = async (version: string) => (await send('POST', `/${version}/activate`)).body;
  expect(await activate('d3')).toMatchObject({ previous: 'd1', failure: expect.stringMatching(/^d3: self-test/) });
  const cold = new Isolate();
  expect((await cold.getRelease(env, 0, () => {}, 10_000)).value!.manifest.version).toBe('d1');
  // Back to the release before itself: only the broken one is left to name.
  expect(await activate('d1')).toMatchObject({ previous: 'd3', failure: null });
});
