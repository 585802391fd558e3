import { expect, it } from 'vitest';
import type { Item } from '../../models/contracts/item.ts';
import { makeItem } from '../../tests/item.ts';
import { Cache } from './cache.ts';
import { Catalogue } from './catalogue.ts';

const item = (title: string): Item => makeItem('a', { title });

it('serves its value while fresh, refreshes behind the answer, and waits only when it is too old', async () => {
  const cache = new Cache<number>('number', { freshMs: 10, staleMs: 100, waitMs: 1_000 });
  let loads = 0;
  const read = (now: number) =>
    cache.get(
      async () => ++loads,
      now,
      () => {},
    );
  expect(await read(0)).toEqual({ value: 1, failure: undefined });
  expect((await read(5)).value).toBe(1);
  expect((await read(50)).value).toBe(1);
  expect((await read(55)).value).toBe(2);
  expect((await read(500)).value).toBe(3);
});

it('refreshes a fresh value that is too old for the caller, but not with every request during an outage', async () => {
  const cache = new Cache<number>('number', { freshMs: 10_000, staleMs: 20_000, waitMs: 100 });
  let loads = 0;
  const read = (now: number, maxAgeMs: number, isDown = false) =>
    cache.get(
      async () => {
        loads++;
        if (isDown) throw new Error('D1 is down');
        return loads;
      },
      now,
      () => {},
      { maxAgeMs },
    );
  expect((await read(0, 1_000)).value).toBe(1);
  expect((await read(900, 1_000)).value).toBe(1);
  expect((await read(1_100, 1_000)).value).toBe(2);
  for (let request = 0; request < 5; request++)
    expect(await read(3_000 + request, 1_000, true)).toEqual({ value: 2, failure: 'D1 is down' });
  expect(loads).toBe(3);
  expect(await read(5_100, 1_000)).toEqual({ value: 4, failure: undefined });
});

it('tells a slow load from a failing one', async () => {
  const cache = new Cache<number>('number', { freshMs: 1_000, staleMs: 2_000, waitMs: 1 });
  const hang = () => new Promise<number>(() => {});
  const fail = () => Promise.reject(new Error('D1 is down'));
  const read = (load: () => Promise<number>, now: number) => cache.get(load, now, () => {});
  await cache.revalidate(async () => 1, 0);
  expect(await read(hang, 3_000)).toMatchObject({ value: 1, isPending: true });
  // A load that was abandoned has failed.
  expect(await read(hang, 60_000)).toMatchObject({ value: 1, isPending: false });
  await cache.revalidate(async () => 2, 60_001);
  expect(await read(hang, 63_000)).toMatchObject({ value: 2, isPending: true });
  await cache.revalidate(fail, 63_001);
  expect(await read(hang, 68_000)).toMatchObject({ value: 2, failure: expect.any(String), isPending: false });
});

it('retires each value once, even if a load that returns the previous value finishes late', async () => {
  const retired: string[] = [];
  const cache = new Cache<string>(
    'thing',
    { freshMs: 10, staleMs: 20, waitMs: 5 },
    { retire: (value) => retired.push(value) },
  );
  await cache.revalidate(async () => 'first', 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = cache.revalidate(async (previous) => {
    await promise;
    return previous!;
  }, 1);
  await cache.revalidate(async () => 'second', 2);
  resolve();
  await late;
  expect(cache.peek().value).toBe('second');
  expect(retired).toEqual(['first']);
});

it('keeps the old value if a refresh fails, reports why, and does not retry with every request', async () => {
  const cache = new Cache<string>('thing', { freshMs: 10_000, staleMs: 20_000, waitMs: 100 });
  let loads = 0;
  const failing = async () => {
    loads++;
    throw new Error('R2 is down');
  };
  await cache.get(
    async () => 'old',
    0,
    () => {},
  );
  expect(await cache.get(failing, 30_000, () => {})).toEqual({ value: 'old', failure: 'R2 is down' });
  await cache.get(failing, 30_001, () => {});
  expect(loads).toBe(1);
  await cache.get(failing, 33_000, () => {});
  expect(loads).toBe(2);
});

it('gives up a hanging refresh, and discards its result if a later one has finished', async () => {
  const cache = new Cache<string>('thing', { freshMs: 10, staleMs: 20, waitMs: 5 });
  let settle = (_: string) => {};
  const hanging = new Promise<string>((resolve) => {
    settle = resolve;
  });
  expect(
    (
      await cache.get(
        () => hanging,
        0,
        () => {},
      )
    ).value,
  ).toBeUndefined();
  expect(
    (
      await cache.get(
        async () => 'second',
        1_000,
        () => {},
      )
    ).value,
  ).toBeUndefined();
  expect(
    (
      await cache.get(
        async () => 'third',
        40_000,
        () => {},
      )
    ).value,
  ).toBe('third');
  settle('late');
  await hanging;
  expect(cache.peek().value).toBe('third');
});

it('keeps a revalidated value, even right after a failure or beside a load of the same millisecond', async () => {
  const cache = new Cache<string>('rules', { freshMs: 1_000, staleMs: 5_000, waitMs: 1_000 });
  const behind: Promise<unknown>[] = [];
  const read = (load: () => Promise<string>, now: number) => cache.get(load, now, (work) => behind.push(work));
  await read(async () => 'first', 0);
  await read(() => Promise.reject(new Error('D1 is down')), 1_500);
  await Promise.all(behind);
  await cache.revalidate(async () => 'second', 1_600);
  expect(cache.peek()).toEqual({ value: 'second', failure: undefined });

  const { promise, resolve } = Promise.withResolvers<string>();
  // Not too old: the answer does not wait.
  await read(() => promise, 4_000);
  await cache.revalidate(async () => 'third', 4_000);
  resolve('read before');
  await Promise.all(behind);
  expect(cache.peek().value).toBe('third');
});

it('applies changes of the catalogue in any order; the newest revision wins', () => {
  const catalogue = new Catalogue();
  catalogue.apply({ itemId: 'a', revision: 6, item: null });
  catalogue.apply({ itemId: 'a', revision: 5, item: item('deleted since') });
  expect(catalogue.get('a')).toBeUndefined();
  catalogue.apply({ itemId: 'a', revision: 7, item: item('back') });
  expect(catalogue.get('a')?.title).toBe('back');
  catalogue.apply({ itemId: 'a', revision: 8, item: { ...item('hidden'), hidden: true } });
  expect(catalogue.get('a')).toBeUndefined();
});

it('gives a caller that cannot wait the old value at once, while the refresh goes on', async () => {
  const cache = new Cache<number>('number', { freshMs: 0, staleMs: 0, waitMs: 1_000 });
  const background: Promise<unknown>[] = [];
  const waitUntil = (promise: Promise<unknown>) => void background.push(promise);
  await cache.get(async () => 1, 0, waitUntil);
  const { promise, resolve } = Promise.withResolvers<number>();
  const read = await cache.get(() => promise, 10, waitUntil, { waitMs: 0 });
  expect(read).toEqual({ value: 1, failure: undefined });
  resolve(2);
  await Promise.all(background);
  expect(cache.peek().value).toBe(2);
});
