// The digest of a key's text. A key has 256 random bits, so it needs no slow hash.

/** SHA-256. */
export const digestKey = (key: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));

/** SHA-256 in hex, as it is stored. */
export const hashKey = async (key: string): Promise<string> => Buffer.from(await digestKey(key)).toString('hex');
