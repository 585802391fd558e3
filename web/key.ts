// Where the page's key comes from: the developer's own machine hands it over, anywhere else a person types it in. It is
// kept for as long as the tab is open.

const STORED_AS = 'bloodstream-key';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Null where a person must be asked. */
export async function findKey(): Promise<string | null> {
  const stored = sessionStorage.getItem(STORED_AS);
  if (stored !== null || !LOOPBACK.includes(location.hostname)) return stored;
  const response = await fetch('/local/key').catch(() => undefined);
  return response?.ok ? ((await response.json()) as { key: string }).key : null;
}

export const keepKey = (key: string): void => sessionStorage.setItem(STORED_AS, key);

export const forgetKey = (): void => sessionStorage.removeItem(STORED_AS);
