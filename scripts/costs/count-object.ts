// Counts what goes on inside a Durable Object: rows of its own database, its alarms, and the time in which it is
// active. Calls of it are counted where they are made (count-bindings.ts).

import type { Counter } from './count-bindings.ts';

type Prototype = Record<string, (this: object, ...args: unknown[]) => unknown>;

/** Counts in all objects of the isolate: they share the prototypes of their storage. */
export function countStorage(storage: DurableObjectStorage, { add }: Counter): void {
  // A cursor knows its rows once it has been read; nobody reads it later than the end of the task.
  replaceMethod(storage.sql, 'exec', (result) => {
    const cursor = result as SqlStorageCursor<never>;
    setTimeout(() => {
      add('objectRowsRead', cursor.rowsRead);
      add('objectRowsWritten', cursor.rowsWritten);
    });
  });
  replaceMethod(storage, 'setAlarm', () => add('objectRowsWritten', 1));
}

const replaced = new WeakSet<object>();

function replaceMethod(instance: object, name: string, onResult: (result: unknown) => void): void {
  const prototype: Prototype = Object.getPrototypeOf(instance);
  const original = prototype[name]!;
  if (replaced.has(original)) return;
  const counting = function (this: object, ...args: unknown[]) {
    const result = original.apply(this, args);
    onResult(result);
    return result;
  };
  replaced.add(counting);
  prototype[name] = counting;
}

/**
 * Gives `derived` methods that do what those of `original` do, and count the time in which at least one of an object is
 * running. An alarm is also a request.
 */
export function countHandlers(derived: object, original: object, { add }: Counter): void {
  const activities = new WeakMap<object, { running: number; since: number }>();
  const begin = (object: object) => {
    const activity = activities.get(object) ?? { running: 0, since: 0 };
    if (activity.running++ === 0) activity.since = Date.now();
    activities.set(object, activity);
  };
  const end = (object: object) => {
    const activity = activities.get(object)!;
    if (--activity.running === 0) add('objectSeconds', (Date.now() - activity.since) / 1_000);
  };
  for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(original))) {
    if (name === 'constructor' || typeof method !== 'function') continue;
    const counting = function (this: object, ...args: unknown[]) {
      if (name === 'alarm') add('objectRequests', 1);
      begin(this);
      let result: unknown;
      try {
        result = method.apply(this, args);
      } finally {
        if (!(result instanceof Promise)) end(this);
      }
      return result instanceof Promise ? result.finally(() => end(this)) : result;
    };
    Object.defineProperty(derived, name, { value: counting, configurable: true, writable: true });
  }
}
