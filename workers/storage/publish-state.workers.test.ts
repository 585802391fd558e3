// Publishing: two at once, what is damaged or has changed since, and the files of the catalogue.

import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { RuleInput } from '../../models/contracts/rule.ts';
import { COLUMNS_SCHEMA } from '../../models/features/columns-file.ts';
import { makeItem } from '../../tests/item.ts';
import { removeCatalogue, saveCatalogue } from '../../tests/restore-catalogue.ts';
import { readBase, readChanges } from './catalogue-files.ts';
import { deleteItem, pastRevision, patchItem, putItems, readItemChanges } from './items.ts';
import { deleteKey, insertKey } from './keys.ts';
import { DamagedFileError, putFileAtLocation } from './location-cache.ts';
import { publishPointer, publishState } from './publish-state.ts';
import { recordCatalogue } from './published-catalogues.ts';
import { readPublishedState, STATE_KEY } from './published-state.ts';
import { deleteRule, putRule } from './rules.ts';

const rule = (itemId: string) => ({
  ruleId: itemId,
  ...RuleInput.parse({ action: 'pin', match: { itemIds: [itemId] } }),
});
const readIds = async () => (await readPublishedState(env.BUCKET))!.rules.map(({ ruleId }) => ruleId);
/** The bucket, with something done before each write of the state, or of other objects. */
const beforePut = (act: () => Promise<unknown>, isWatched = (key: string) => key === STATE_KEY) =>
  new Proxy(env.BUCKET, {
    get: (bucket, name) =>
      name !== 'put'
        ? Reflect.get(bucket, name).bind(bucket)
        : async (key: string, ...rest: [string, R2PutOptions]) => {
            if (isWatched(key)) await act();
            return bucket.put(key, ...rest);
          },
  });

it('never replaces what was read later by what was read earlier, whatever the clocks say', async () => {
  await putRule(env.DB, rule('a'), 500, 1);
  await publishState(env, 1_000_000);
  let others = 0;
  // It has read D1; before it writes, another machine changes a rule and publishes.
  const BUCKET = beforePut(async () => {
    if (others++ > 0) return;
    await deleteRule(env.DB, 'a');
    await putRule(env.DB, rule('b'), 500, 2);
    await publishState(env, 3_000_000);
  });
  await putRule(env.DB, rule('c'), 500, 1);
  const slow = await publishState({ DB: env.DB, BUCKET }, 2_000_000);
  expect(others).toBe(1);
  expect(await readIds()).toEqual(['c', 'b']);
  // What it found was already what it had to publish.
  expect(slow.version).toBe(3_000_000);
  expect((await publishState(env, 4_000_000)).version).toBe(3_000_000);
  // A machine whose clock is slow still publishes a later version.
  await deleteRule(env.DB, 'b');
  expect((await publishState(env, 5)).version).toBe(3_000_001);
  expect(await readIds()).toEqual(['c']);
});

it('does not publish a change that was undone meanwhile', async () => {
  const key = (keyId: string) => ({
    keyId,
    ...{ name: keyId, hash: '00', scopes: ['read' as const], createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'a' },
    ...{ expiresAt: null, origins: null, ratePerMinute: null },
  });
  await publishState(env, 4_000_000);
  // It has read the new key; before it writes, the key is deleted through another machine, which sees no change.
  let others = 0;
  const BUCKET = beforePut(async () => {
    if (others++ > 0) return;
    await deleteKey(env.DB, 'new');
    await publishState(env, 4_000_001, true);
  });
  await insertKey(env.DB, key('new'), 500);
  await publishState({ DB: env.DB, BUCKET }, 4_000_002, true);
  expect((await readPublishedState(env.BUCKET))!.keys).toEqual([]);
  // The first replaced the state, the second had nothing left to do.
  expect(others).toBe(1);
  expect((await readPublishedState(env.BUCKET))!.version).toBe(4_000_001);
});

it('replaces a damaged state, and publishes nothing without D1 before the first publication', async () => {
  await env.BUCKET.put(STATE_KEY, '{"schema":1,"version":7');
  await publishState(env, 9);
  expect(await readPublishedState(env.BUCKET)).toMatchObject({ version: 9, keys: [], release: null });
  await env.BUCKET.delete(STATE_KEY);
  await publishPointer(env.BUCKET, 10);
  expect(await readPublishedState(env.BUCKET)).toBeUndefined();
});

/** The visible items of D1 by id. */
async function readOriginals() {
  const changes = await readItemChanges(env.DB, pastRevision(0), 100_000);
  return new Map(changes.flatMap(({ itemId, item }) => (item === null || item.hidden ? [] : [[itemId, item]])));
}
/** The catalogue of an isolate that starts now, and the number of changes that it reads besides the base. */
async function readPublished() {
  const { catalogue: files } = await publishState(env, Date.now());
  const catalogue = await readBase(env.BUCKET, files!.base);
  let changes = 0;
  if (files!.changes !== null)
    await readChanges(env.BUCKET, files!.changes, (change) => {
      catalogue.apply(change);
      changes++;
    });
  const { columns } = catalogue;
  const items = new Map([...columns.listVisible()].map((index) => [columns.ids[index], columns.read(index)]));
  return { items, changes, files: files!, catalogue };
}

it('publishes the catalogue as columns and the changes since, from which isolates get what D1 has', async () => {
  await putItems(
    env.DB,
    Array.from({ length: 300 }, (_, index) =>
      makeItem(`g${index}`, { releaseDate: `2026-01-${10 + (index % 9)}`, tags: [`tag ${index % 7}`] }),
    ),
  );
  const first = await readPublished();
  expect(first.items).toEqual(await readOriginals());
  expect(first.files).toMatchObject({ base: { items: 300 }, changes: null });
  // In the order of their release, so that no isolate has to sort them.
  expect(first.catalogue.releases.readAll()).toEqual(Int32Array.from({ length: 300 }, (_, index) => index));

  await patchItem(env.DB, 'g1', { title: 'Changed' });
  await patchItem(env.DB, 'g2', { hidden: true });
  await deleteItem(env.DB, 'g3', 1);
  const second = await readPublished();
  expect(second.items).toEqual(await readOriginals());
  expect(second.changes).toBe(3);
  expect(second.files.base).toEqual(first.files.base);

  // So many changes that there is a new base, which has no hidden and deleted games.
  for (let from = 0; from < 2_500; from += 500)
    await putItems(
      env.DB,
      Array.from({ length: 500 }, (_, index) => makeItem(`n${from + index}`)),
    );
  const third = await readPublished();
  expect(third.items).toEqual(await readOriginals());
  expect(third.files).toMatchObject({ base: { items: 2_798 }, changes: null });
  expect(third.catalogue.columns.length).toBe(2_798);

  await patchItem(env.DB, 'n7', { hidden: true });
  await patchItem(env.DB, 'g2', { hidden: false });
  const fourth = await readPublished();
  expect(fourth.items).toEqual(await readOriginals());
  expect(fourth.changes).toBe(2);
  expect(fourth.files.base).toEqual(third.files.base);
});

it('writes one base at a time', async () => {
  for (let from = 0; from < 2_500; from += 500)
    await putItems(
      env.DB,
      Array.from({ length: 500 }, (_, index) => makeItem(`n${from + index}`, { title: 'Again' })),
    );
  const put = vi.spyOn(env.BUCKET, 'put');
  await Promise.all([publishState(env, Date.now()), publishState(env, Date.now()), publishState(env, Date.now())]);
  expect(put.mock.calls.filter(([key]) => key.endsWith('.columns'))).toHaveLength(1);
  put.mockRestore();
  expect((await readPublished()).items).toEqual(await readOriginals());
  // The next one does, if the changes won.
  await patchItem(env.DB, 'g9', { title: 'Later' });
  expect((await readPublished()).changes).toBeLessThan(2_500);
});

it('keeps a base that it has written although others publish changes meanwhile', async () => {
  const putAll = async (title: string) => {
    for (let from = 0; from < 2_500; from += 500)
      await putItems(
        env.DB,
        Array.from({ length: 500 }, (_, index) => makeItem(`n${from + index}`, { title })),
      );
  };
  const before = (await readPublished()).files;
  await putAll('Once more');
  let bases = 0;
  const BUCKET = beforePut(
    async () => {
      bases++;
      await patchItem(env.DB, 'g9', { title: `Meanwhile ${bases}` });
      await publishState(env, Date.now());
      await patchItem(env.DB, 'g8', { title: `Later ${bases}` });
    },
    (key) => key.endsWith('.columns'),
  );
  const { catalogue } = await publishState({ DB: env.DB, BUCKET }, Date.now());
  expect(bases).toBe(1);
  expect(catalogue!.base.revision).toBeGreaterThan(before.revision);
  const { items, changes } = await readPublished();
  expect(items).toEqual(await readOriginals());
  expect(changes).toBe(2);
});

it('publishes the rest if the catalogue cannot be written, and fails', async () => {
  await publishState(env, Date.now());
  await patchItem(env.DB, 'g9', { title: 'Not written' });
  await putRule(env.DB, rule('d'), 500, 1);
  const BUCKET = beforePut(
    async () => {
      throw new Error('R2 refuses the file');
    },
    (key) => key.startsWith('catalogue/'),
  );
  await expect(publishState({ DB: env.DB, BUCKET }, Date.now())).rejects.toThrow('R2 refuses the file');
  expect(await readIds()).toContain('d');
  expect((await readPublished()).items).toEqual(await readOriginals());
  await deleteRule(env.DB, 'd');
});

it('refuses files of the catalogue that are missing, damaged or of another kind, whoever has them', async () => {
  const { files } = await readPublished();
  const { key } = files.base;
  const intact = await (await env.BUCKET.get(key))!.arrayBuffer();
  const damaged = new Uint8Array(intact.slice(0));
  damaged[damaged.length >> 1]! ^= 1;
  const read = () => readBase(env.BUCKET, files.base);
  // The location's copy is replaced.
  await putFileAtLocation(key, damaged);
  expect((await read()).size).toBe(files.base.items);
  expect((await read()).size).toBe(files.base.items);
  for (const bytes of [damaged, damaged.subarray(0, 99)]) {
    await putFileAtLocation(key, damaged);
    await env.BUCKET.put(key, bytes);
    await expect(read()).rejects.toThrow(DamagedFileError);
  }
  await env.BUCKET.delete(key);
  await expect(read()).rejects.toThrow(/is missing/);
  // Its digest is right, but it is no base.
  const foreign = new TextEncoder().encode('{"a file":"of another kind"}');
  await env.BUCKET.put(key, foreign);
  const sha256 = await sha256Hex(foreign);
  await expect(readBase(env.BUCKET, { ...files.base, sha256 })).rejects.toThrow(DamagedFileError);
  await env.BUCKET.put(key, intact);
  await putFileAtLocation(key, new Uint8Array(intact));
});

it('deletes files of the catalogue an hour after they were replaced', async () => {
  const hour = 3_600_000;
  let now = Math.ceil(Date.now() / hour) * hour + 10 * hour;
  // R2's clock is the test's.
  const uploaded = new Map<string, Date>();
  const BUCKET = new Proxy(env.BUCKET, {
    get: (bucket, name) =>
      name === 'put'
        ? async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
            uploaded.set(key, new Date(now));
            return bucket.put(key, ...rest);
          }
        : name === 'list'
          ? async (options: R2ListOptions) => {
              const page = await bucket.list(options);
              const objects = page.objects.map(({ key }) => ({ key, uploaded: uploaded.get(key)! }));
              return { ...page, objects };
            }
          : Reflect.get(bucket, name).bind(bucket),
  });
  const listFiles = async () => (await env.BUCKET.list({ prefix: 'catalogue/' })).objects.map(({ key }) => key).sort();
  const publish = async (title: string, at: number) => {
    now = at;
    await putItems(env.DB, [makeItem('g1', { title })]);
    const { base, changes } = (await publishState({ DB: env.DB, BUCKET }, at)).catalogue!;
    return { base: base.key, changes: changes?.key };
  };
  // Anew, so that each file has its time.
  await env.BUCKET.delete([STATE_KEY, ...(await listFiles())]);
  const start = now;
  await publish('One', start);
  const two = await publish('Two', start + 1);
  const three = await publish('Three', start + 2);
  // Many hours later, files are replaced just before the hour is over, and again after it.
  const four = await publish('Four', start + 10 * hour - 2);
  expect(await listFiles()).toEqual([...new Set([three.base, three.changes, four.base, four.changes])].sort());
  const five = await publish('Five', start + 10 * hour - 1);
  const six = await publish('Six', start + 10 * hour + 1);
  // Isolates follow the state before for some seconds.
  for (const { changes } of [three, four, five, six]) expect(await listFiles()).toContain(changes);
  expect(await listFiles()).not.toContain(two.changes);
  const seven = await publish('Seven', start + 11 * hour + 1);
  expect(await listFiles()).not.toContain(three.changes);
  for (const { changes } of [five, six, seven]) expect(await listFiles()).toContain(changes);

  // So with a base.
  for (let from = 0; from < 3_500; from += 500)
    await putItems(
      env.DB,
      Array.from({ length: 500 }, (_, index) => makeItem(`h${from + index}`)),
    );
  const eight = await publish('Eight', start + 20 * hour - 1);
  expect(eight.base).not.toBe(seven.base);
  const nine = await publish('Nine', start + 20 * hour + 1);
  for (const key of [seven.base, seven.changes, eight.base, nine.changes]) expect(await listFiles()).toContain(key);
  const ten = await publish('Ten', start + 21 * hour + 1);
  expect(await listFiles()).toEqual([eight.base, nine.changes, ten.changes].sort());
});

it.each([1, 3, 5])('publishes the catalogue anew if D1 lost three changes and has %i others', async (others) => {
  await putItems(env.DB, [makeItem('lost'), makeItem('g1')]);
  await publishState(env, Date.now());
  const restore = await saveCatalogue(env.DB);
  for (let change = 0; change < 3; change++) {
    await patchItem(env.DB, 'lost', { title: `Lost ${change}` });
    await publishState(env, Date.now());
  }
  const { revision } = (await readPublishedState(env.BUCKET))!.catalogue!;
  await restore();
  for (let change = 0; change < others; change++) await patchItem(env.DB, 'g1', { title: `After ${change}` });
  const { items, files } = await readPublished();
  expect(items).toEqual(await readOriginals());
  expect(items.get('lost')).toMatchObject({ title: makeItem('lost').title });
  // So that isolates take it as newer than what they have.
  expect(files.revision).toBeGreaterThan(revision);
  expect(files.changes).toBeNull();
  // Once.
  await patchItem(env.DB, 'g1', { title: 'Later' });
  const later = await readPublished();
  expect(later.items).toEqual(await readOriginals());
  expect(later.files.base).toEqual(files.base);
});

it('publishes an empty catalogue if D1 was restored to a point before any game; forgets old publications', async () => {
  await removeCatalogue(env.DB);
  await env.DB.prepare("insert into published_catalogues values ('old', 1), ('recent', ?1)")
    .bind(Date.now() - 1_000)
    .run();
  const { items, files } = await readPublished();
  expect([items.size, files.revision]).toEqual([0, 0]);
  const { results } = await env.DB.prepare('select key from published_catalogues order by published_at').all();
  expect(results.map(({ key }) => key)).toEqual(['recent', files.base.key]);
  await putItems(env.DB, [makeItem('g1')]);
  expect((await readPublished()).items.size).toBe(1);
});

it('writes a new base in place of one that another version wrote', async () => {
  const { files } = await readPublished();
  const { key } = files.base;
  const other = key.replace(`.${COLUMNS_SCHEMA}.`, `.${COLUMNS_SCHEMA - 1}.`);
  expect(other).not.toBe(key);
  const state = (await readPublishedState(env.BUCKET))!;
  const before = { ...files, base: { ...files.base, key: other }, changes: null };
  await recordCatalogue(env.DB, before, files);
  await env.BUCKET.put(STATE_KEY, JSON.stringify({ ...state, catalogue: before }));
  const { files: written, items } = await readPublished();
  expect(items).toEqual(await readOriginals());
  // D1 was not restored: no revision is skipped.
  expect(written).toMatchObject({ revision: files.revision, base: { revision: files.revision }, changes: null });
});
