// The browser's storage, which may be full, forbidden, or hold anything. No call throws.

const attempt = <T>(access: () => T, otherwise: T): T => {
  try {
    return access();
  } catch {
    return otherwise;
  }
};

/** The values under keys that begin with the prefix. Removes those that cannot be read or are not valid. */
export function readStored<T>(prefix: string, isValid: (value: unknown) => value is T): T[] {
  const keys = attempt(() => Object.keys(localStorage), []).filter((key) => key.startsWith(prefix));
  return keys.flatMap((key) => {
    const value: unknown = attempt(() => JSON.parse(localStorage.getItem(key)!), undefined);
    if (isValid(value)) return [value];
    removeStored(key);
    return [];
  });
}

/** Does nothing if the storage is full or forbidden: check `isStored`. */
export const storeValue = (key: string, value: unknown): void =>
  attempt(() => localStorage.setItem(key, JSON.stringify(value)), undefined);

export const isStored = (key: string): boolean => attempt(() => localStorage.getItem(key) !== null, false);

export const removeStored = (key: string): void => attempt(() => localStorage.removeItem(key), undefined);
