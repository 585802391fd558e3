// Publishing: two at once, what is damaged or has changed since, and the files of the catalogue.

import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { RuleInput } from '../../models/contracts/rule.ts';
import { makeItem } from '../../tests/item.ts';
import { readCatalogueFiles } from './catalogue-files.ts';
import { deleteItem, type ItemChange, patchItem, putItems, readItemChanges } from './items.ts';
import { publishPointer, publishState } from './publish-state.ts';
import { readPublishedState, STATE_KEY } from './published-state.ts';
import { deleteRule, putRule } from './rules.ts';

const rule = (itemId: string) => ({
  ruleId: itemId,
  ...RuleInput.parse({ action: 'pin', match: { itemIds: [itemId] } }),
});
const readIds = async () => (await readPublishedState(env.BUCKET))!.rules.map(({ ruleId }) => ruleId);
/** The bucket, with something done before each write of the state. */
const beforePut = (act: () => Promise<unknown>) =>
  new Proxy(env.BUCKET, {
    get: (bucket, name) =>
      name !== 'put'
        ? Reflect.get(bucket, name).bind(bucket)
        : async (key: string, ...rest: [string, R2PutOptions]) => {
            if (key === STATE_KEY) await act();
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

it('replaces a damaged state, and publishes nothing without D1 before the first publication', async () => {
  await env.BUCKET.put(STATE_KEY, '{"schema":1,"version":7');
  await publishState(env, 9);
  expect(await readPublishedState(env.BUCKET)).toMatchObject({ version: 9, keys: [], release: null });
  await env.BUCKET.delete(STATE_KEY);
  await publishPointer(env.BUCKET, 10);
  expect(await readPublishedState(env.BUCKET)).toBeUndefined();
});

/** The items of D1 by id; null for hidden and deleted ones. */
async function readOriginals() {
  const changes = await readItemChanges(env.DB, { revision: 0, itemId: '' }, 100_000);
  return new Map(changes.map(({ itemId, item }) => [itemId, item?.hidden ? null : item]));
}
async function follow(from: number, known: ReadonlyMap<string, ItemChange['item']> = new Map()) {
  const { catalogue } = await publishState(env, Date.now());
  const items = new Map(known);
  let read = 0;
  const revision = await readCatalogueFiles(env.BUCKET, catalogue!, from, ({ itemId, item }) => {
    items.set(itemId, item);
    read++;
  });
  return { items, read, revision, files: catalogue! };
}

it('publishes the catalogue as files from which every isolate gets what D1 has, however far behind it is', async () => {
  await putItems(
    env.DB,
    Array.from({ length: 300 }, (_, index) => makeItem(`g${index}`)),
  );
  const first = await follow(0);
  expect(first.items).toEqual(await readOriginals());
  expect(first.files).toMatchObject({ base: { items: 300 }, changes: null });

  await patchItem(env.DB, 'g1', { title: 'Changed' });
  await patchItem(env.DB, 'g2', { hidden: true });
  await deleteItem(env.DB, 'g3', 1);
  const second = await follow(first.revision, first.items);
  expect(second.items).toEqual(await readOriginals());
  expect(second.read).toBe(3);
  expect(second.files.base).toEqual(first.files.base);
  expect((await follow(0)).items).toEqual(await readOriginals());

  // So many changes that all items are written again: an isolate that had the old base reads only the changes.
  for (let from = 0; from < 2_500; from += 500)
    await putItems(
      env.DB,
      Array.from({ length: 500 }, (_, index) => makeItem(`n${from + index}`)),
    );
  const third = await follow(second.revision, second.items);
  expect(third.files.base.key).not.toBe(first.files.base.key);
  expect(third.read).toBe(2_500);
  expect(third.files.changes).toMatchObject({ after: first.files.base.revision });
  for (const { items } of [third, await follow(0)]) expect(items).toEqual(await readOriginals());

  await patchItem(env.DB, 'n7', { hidden: true });
  const fourth = await follow(third.revision, third.items);
  expect(fourth.read).toBe(1);
  expect(fourth.files.base).toEqual(third.files.base);
  // One that slept meanwhile reads all.
  for (const { revision, items } of [first, second])
    expect((await follow(revision, items)).items, `${revision}`).toEqual(await readOriginals());
  expect((await follow(0)).items).toEqual(await readOriginals());
});

it('deletes files of the catalogue that nothing has named for an hour', async () => {
  const listFiles = async () => (await env.BUCKET.list({ prefix: 'catalogue/' })).objects.map(({ key }) => key).sort();
  const named = async () => {
    const { base, changes } = (await readPublishedState(env.BUCKET))!.catalogue!;
    return [base.key, changes!.key].sort();
  };
  await putItems(env.DB, [makeItem('g1')]);
  await publishState(env, Date.now());
  for (const title of ['One', 'Two', 'Three']) {
    await patchItem(env.DB, 'g1', { title });
    await publishState(env, Date.now());
  }
  const before = await named();
  expect((await listFiles()).length).toBeGreaterThan(3);
  await patchItem(env.DB, 'g1', { title: 'Four' });
  await publishState(env, Date.now() + 2 * 3_600_000);
  // Isolates may still be reading the files of the state before.
  expect(await listFiles()).toEqual([...new Set([...before, ...(await named())])].sort());
});

it('publishes the catalogue anew if D1 was restored to an earlier point', async () => {
  await env.DB.prepare("update items set revision = 1, title = 'Restored'").run();
  const { files, items } = await follow(0);
  expect(items).toEqual(await readOriginals());
  expect(files).toMatchObject({ revision: 1, changes: null });
});
