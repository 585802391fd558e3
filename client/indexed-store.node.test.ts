// The opening of the database, with a stand-in for the browser's; client.browser.test.ts has the real one.

import { afterEach, expect, it, vi } from 'vitest';
import { openIndexedStore } from './indexed-store.ts';

afterEach(() => void vi.unstubAllGlobals());

interface FakeDatabase {
  onclose?: () => void;
}

/** Its databases are empty; the first `failures` openings fail. */
function createFakeIndexedDb(failures: number) {
  const opened: FakeDatabase[] = [];
  let openings = 0;
  const settleLater = (fields: object, callback: 'onsuccess' | 'onerror') => {
    const request: Record<string, unknown> = { ...fields };
    queueMicrotask(() => (request[callback] as () => void)());
    return request;
  };
  const open = () => {
    openings += 1;
    if (openings <= failures) return settleLater({ error: new Error('no room') }, 'onerror');
    let isClosed = false;
    const transaction = () => {
      if (isClosed) throw new Error('the connection is closed');
      return { objectStore: () => ({ getAll: () => settleLater({ result: [] }, 'onsuccess') }) };
    };
    const database: FakeDatabase & { close: () => void } = {
      close: () => {
        isClosed = true;
        database.onclose?.();
      },
    };
    opened.push(database);
    return settleLater({ result: Object.assign(database, { transaction }) }, 'onsuccess');
  };
  return { indexedDB: { open }, opened: opened as { close: () => void }[], countOpenings: () => openings };
}

it('the database is opened once, and again after it could not be, or after the browser closed it', async () => {
  const { indexedDB, opened, countOpenings } = createFakeIndexedDb(1);
  vi.stubGlobal('indexedDB', indexedDB);
  const store = openIndexedStore('events');
  expect(countOpenings()).toBe(0);
  await expect(store.read()).rejects.toThrow('no room');
  expect(await store.read()).toEqual([]);
  expect(await store.read()).toEqual([]);
  expect(countOpenings()).toBe(2);
  opened[0]!.close();
  expect(await store.read()).toEqual([]);
  expect(countOpenings()).toBe(3);
});
