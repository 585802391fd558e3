// Keeps events in the browser's IndexedDB. Two tabs may send the same event: its id keeps it from being counted twice.

import type { EventStore, KeptEvent } from './store.ts';

const EVENTS = 'events';

const settle = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** `onClose`: called if the browser closes the database, such as when the user clears the site's data. */
async function openDatabase(name: string, onClose: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(EVENTS, { keyPath: 'event.id' });
  const database = await settle(request);
  database.onclose = onClose;
  return database;
}

/** `name`: of the database. Nothing is opened before the first call. */
export function openIndexedStore(name: string): EventStore {
  let opening: Promise<IDBDatabase> | undefined;
  const forget = () => {
    opening = undefined;
  };
  const open = (): Promise<IDBDatabase> => {
    opening ??= openDatabase(name, forget);
    opening.catch(forget);
    return opening;
  };
  const write = async (change: (events: IDBObjectStore) => void): Promise<void> => {
    const transaction = (await open()).transaction(EVENTS, 'readwrite');
    change(transaction.objectStore(EVENTS));
    // At once: a closing tab aborts open transactions.
    transaction.commit();
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    async read() {
      const events = (await open()).transaction(EVENTS).objectStore(EVENTS);
      return settle<KeptEvent[]>(events.getAll());
    },
    put: (kept) =>
      write((events) => {
        for (const one of kept) events.put(one);
      }),
    remove: (ids) =>
      write((events) => {
        for (const id of ids) events.delete(id);
      }),
  };
}
