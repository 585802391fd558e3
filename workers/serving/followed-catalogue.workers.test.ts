// An isolate's catalogue over the published files, in R2 and this location's cache.

import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { saveCatalogue } from '../../tests/restore-catalogue.ts';
import { deleteItem, pastRevision, patchItem, putItems, readItemChanges } from '../storage/items.ts';
import { putFileAtLocation } from '../storage/location-cache.ts';
import { publishState } from '../storage/publish-state.ts';
import { adoptPublication, STATE_FRESH_MS } from '../storage/read-state.ts';
import { FollowedCatalogue } from './followed-catalogue.ts';

let version = 1_000_000;
const publish = async () => adoptPublication(await publishState(env, ++version), undefined, version);
async function readOriginals() {
  const changes = await readItemChanges(env.DB, pastRevision(0), 100_000);
  return new Map(changes.flatMap(({ itemId, item }) => (item === null || item.hidden ? [] : [[itemId, item]])));
}
const listItems = ({ catalogue: { columns } }: FollowedCatalogue) =>
  new Map([...columns.listVisible()].map((index) => [columns.ids[index]!, columns.read(index)!]));
const putMany = async (prefix: string, count: number) => {
  for (let from = 0; from < count; from += 500)
    await putItems(
      env.DB,
      Array.from({ length: Math.min(500, count - from) }, (_, n) =>
        makeItem(`${prefix}${from + n}`, { tags: [`${prefix} ${n}`] }),
      ),
    );
};
/** So many that there is a new base. */
const MANY = 2_100;

it('has what D1 has after any changes, however rarely it follows', async () => {
  const random = createRng('followed catalogue');
  const draw = (count: number) => Math.floor(count * random());
  await putMany('g', 100);
  const isolates = [1, 0.5, 0.1].map((share) => ({ share, followed: new FollowedCatalogue() }));
  for (let step = 0; step < 40; step++) {
    for (let n = draw(4); n > 0; n--) {
      const itemId = `g${draw(120)}`;
      const kind = draw(4);
      if (kind === 0) await deleteItem(env.DB, itemId, 1);
      else if (kind === 1) await patchItem(env.DB, itemId, { hidden: draw(2) === 0 });
      else {
        const [change] = await putItems(env.DB, [makeItem(itemId, { title: `Step ${step}`, tags: [`${draw(9)}`] })]);
        // It was made through the last isolate, which shows it at once.
        isolates[2]!.followed.catalogue.apply(change!);
        expect(isolates[2]!.followed.catalogue.get(itemId)?.title).toBe(`Step ${step}`);
      }
    }
    if (step % 13 === 12) await putMany(`n${step}-`, MANY);
    const state = await publish();
    for (const { share, followed } of isolates) {
      if (random() > share) continue;
      await followed.load(env, state, version);
      expect(listItems(followed)).toEqual(await readOriginals());
      expect(followed.isNamed(state, version)).toBe(true);
    }
  }
});

it('takes a new base over while changes made here are newer, and forgets what only the old one had', async () => {
  const followed = new FollowedCatalogue();
  await followed.load(env, await publish(), version);
  const before = followed.catalogue;
  for (let round = 0; round < 30; round++) {
    const [change] = await putItems(env.DB, [makeItem('g1', { title: `Round ${round}`, tags: [`only ${round}`] })]);
    followed.catalogue.apply(change!);
  }
  expect(before.columns.labels.table.find('only 7')).toBeGreaterThan(0);
  await putMany('later', 3 * MANY);
  const state = await publish();
  // Not published yet.
  const [change] = await putItems(env.DB, [makeItem('g2', { title: 'Newest' })]);
  followed.catalogue.apply(change!);
  await followed.load(env, state, version);
  const { catalogue } = followed;
  expect(catalogue).not.toBe(before);
  expect([catalogue.get('g1')?.title, catalogue.get('g2')?.title]).toEqual(['Round 29', 'Newest']);
  expect(catalogue.columns.labels.table.find('only 7')).toBe(-1);
  expect(listItems(followed)).toEqual(await readOriginals());
  // An answer that began before keeps the catalogue that it has.
  expect(before.get('g2')?.title).toBe('Newest');
});

it('discards a base whose load ends after a later one', async () => {
  await putMany('g', 10);
  const followed = new FollowedCatalogue();
  const early = await publish();
  let release = () => {};
  const waiting = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = new Proxy(env.BUCKET, {
    get: (bucket, name) =>
      name === 'get' ? (key: string) => waiting.then(() => bucket.get(key)) : Reflect.get(bucket, name).bind(bucket),
  });
  vi.spyOn(caches.default, 'match').mockResolvedValue(undefined);
  const late = followed.load({ DB: env.DB, BUCKET: slow }, early, version);
  await putMany('latest', 2 * MANY);
  const state = await publish();
  expect(state.parts.catalogue!.base.key).not.toBe(early.parts.catalogue!.base.key);
  await followed.load(env, state, version);
  const { catalogue } = followed;
  release();
  expect(await late).toBe(catalogue);
  vi.restoreAllMocks();
});

it('discards a base whose load ends while the changes after a later one are read', async () => {
  const holdUntil = (released: Promise<void>, isHeld: (key: string) => boolean) =>
    new Proxy(env.BUCKET, {
      get: (bucket, name) =>
        name === 'get'
          ? (key: string) => (isHeld(key) ? released : Promise.resolve()).then(() => bucket.get(key))
          : Reflect.get(bucket, name).bind(bucket),
    });
  await putMany('g', 10);
  const followed = new FollowedCatalogue();
  const early = await publish();
  vi.spyOn(caches.default, 'match').mockResolvedValue(undefined);
  const base = Promise.withResolvers<void>();
  const late = followed.load({ DB: env.DB, BUCKET: holdUntil(base.promise, () => true) }, early, version);
  await putMany('newest', 3 * MANY);
  await publish();
  await patchItem(env.DB, 'newest7', { hidden: true });
  const state = await publish();
  expect(state.parts.catalogue!.changes).not.toBeNull();
  const changes = Promise.withResolvers<void>();
  const isChanges = (key: string) => key === state.parts.catalogue!.changes!.key;
  const loading = followed.load({ DB: env.DB, BUCKET: holdUntil(changes.promise, isChanges) }, state, version);
  await expect.poll(() => followed.catalogue.size).toBeGreaterThan(3 * MANY);
  base.resolve();
  await late;
  changes.resolve();
  await loading;
  expect(followed.isNamed(state, version)).toBe(true);
  expect(listItems(followed)).toEqual(await readOriginals());
  vi.restoreAllMocks();
});

it('reads the originals if a file is damaged, warm or cold, and the file again once it is mended', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const warm = new FollowedCatalogue();
  await warm.load(env, await publish(), version);
  await putMany('damaged', 3 * MANY);
  await patchItem(env.DB, 'g3', { title: 'Recalled', hidden: true });
  const state = await publish();
  const { key } = state.parts.catalogue!.base;
  const intact = await (await env.BUCKET.get(key))!.arrayBuffer();
  const damaged = new Uint8Array(intact.slice(0));
  damaged[damaged.length - 20]! ^= 1;
  await env.BUCKET.put(key, damaged);
  await putFileAtLocation(key, damaged);
  const get = vi.spyOn(env.BUCKET, 'get');
  const cold = new FollowedCatalogue();
  for (const followed of [warm, cold]) {
    expect(followed.isNamed(state, version)).toBe(false);
    await followed.load(env, state, version);
    expect(listItems(followed)).toEqual(await readOriginals());
    expect(followed.catalogue.get('g3')).toBeUndefined();
    // D1 counts as well for a moment, and then is asked again; the base is not.
    expect(followed.isNamed(state, version + STATE_FRESH_MS - 1)).toBe(true);
    expect(followed.isNamed(state, version + STATE_FRESH_MS)).toBe(false);
    expect(followed.isOverdue(state, version + STATE_FRESH_MS)).toBe(false);
    get.mockClear();
    await followed.load(env, state, version + STATE_FRESH_MS);
    expect(get).not.toHaveBeenCalled();
  }
  expect(logged.mock.calls.join()).toContain('a file of the catalogue is damaged');
  await env.BUCKET.put(key, intact);
  for (const followed of [warm, cold]) {
    await followed.load(env, state, version + 60_000);
    expect(followed.isNamed(state, version + 600_000)).toBe(true);
    expect(listItems(followed)).toEqual(await readOriginals());
  }
  vi.restoreAllMocks();
});

it('keeps to the files while R2 fails, and starts anew after D1 was restored to an earlier point', async () => {
  const followed = new FollowedCatalogue();
  const before = await publish();
  await followed.load(env, before, version);
  const restore = await saveCatalogue(env.DB);
  await patchItem(env.DB, 'g5', { title: 'Undone' });
  const changed = await publish();
  await followed.load(env, changed, version);
  expect(followed.catalogue.get('g5')?.title).toBe('Undone');
  await patchItem(env.DB, 'g5', { title: 'While R2 fails' });
  const state = await publish();
  const BUCKET = { get: async () => Promise.reject(new Error('R2 is down')) } as unknown as R2Bucket;
  vi.spyOn(caches.default, 'match').mockResolvedValue(undefined);
  await expect(followed.load({ DB: env.DB, BUCKET }, state, version)).rejects.toThrow('R2 is down');
  vi.restoreAllMocks();
  await followed.load(env, state, version);
  // The isolate has a change of its own that was never published.
  followed.catalogue.apply((await patchItem(env.DB, 'g6', { title: 'Never published' }))!);
  await restore();
  // As many changes as were lost.
  for (let change = 0; change < 3; change++) await patchItem(env.DB, 'g7', { title: `Restored ${change}` });
  const restored = await publish();
  await followed.load(env, restored, version);
  expect(listItems(followed)).toEqual(await readOriginals());
  expect(followed.catalogue.get('g7')?.title).toBe('Restored 2');
  expect(followed.isNamed(restored, version)).toBe(true);
  // And goes on from there.
  await patchItem(env.DB, 'g5', { title: 'After' });
  await followed.load(env, await publish(), version);
  expect(followed.catalogue.get('g5')?.title).toBe('After');
});
