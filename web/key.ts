// The page's API key: a local server provides it, otherwise the user types it in. It is kept until the tab is closed.

const STORED_AS = 'bloodstream-key';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Resolves to null if the user must type it in. */
export async function findKey(): Promise<string | null> {
  const stored = sessionStorage.getItem(STORED_AS);
  if (stored !== null || !LOOPBACK.includes(location.hostname)) return stored;
  const response = await fetch('/local/key').catch(() => undefined);
  return response?.ok ? ((await response.json()) as { key: string }).key : null;
}

export const keepKey = (key: string): void => sessionStorage.setItem(STORED_AS, key);

export const forgetKey = (): void => sessionStorage.removeItem(STORED_AS);
