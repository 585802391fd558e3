// Players' objects that are called within the request of the caller: their log lines have its id.

import { currentRequestId } from '../logging/log.ts';
import type { UserSignals } from './user-signals.ts';

type Objects = DurableObjectNamespace<UserSignals>;
type Method = (...args: unknown[]) => unknown;

/** Methods of every object: they take no context. */
const UNTRACED: ReadonlySet<PropertyKey> = new Set(['fetch', 'connect', 'then', 'dup', 'inRequest']);

export const traceObjects = (objects: Objects): Objects =>
  new Proxy(objects, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return name === 'getByName'
        ? (...args: Parameters<Objects['getByName']>) => traceObject(target.getByName(...args))
        : value.bind(target);
    },
  });

const traceObject = (object: ReturnType<Objects['getByName']>): typeof object =>
  new Proxy(object, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      const call = (...args: unknown[]) => (target as unknown as Record<string, Method>)[name]!(...args);
      if (UNTRACED.has(name)) return call;
      return (...args: unknown[]) => {
        const requestId = currentRequestId();
        return requestId === undefined ? call(...args) : target.inRequest(requestId, name, args);
      };
    },
  });
