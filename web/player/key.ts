// The page's API key. `npm start` opens the page with the key in the address's fragment, which no request contains;
// otherwise the user types it in. It is kept until the tab is closed.

const STORED_AS = 'bloodstream-key';
const FRAGMENT = /^#key=(.+)$/;

/** Null if the user must type it in. Removes a key in the fragment from the address, and keeps it. */
export function findKey(): string | null {
  const given = FRAGMENT.exec(location.hash)?.[1];
  if (given === undefined) return sessionStorage.getItem(STORED_AS);
  history.replaceState(history.state, '', location.pathname + location.search);
  const key = decode(given);
  keepKey(key);
  return key;
}

/** Returns the text as it is if it is not percent-encoded; the API then refuses it as a key, and the user is asked. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const keepKey = (key: string): void => sessionStorage.setItem(STORED_AS, key);

export const forgetKey = (): void => sessionStorage.removeItem(STORED_AS);
