// Makes the text of a key, in the format of models/contracts/key.ts. It stores nothing.

const ID_BYTES = 8;
const SECRET_BYTES = 32;

/** Returns a new key with 256 random bits, and its id. */
export function makeKey(): { keyId: string; key: string } {
  const keyId = Buffer.from(crypto.getRandomValues(new Uint8Array(ID_BYTES))).toString('hex');
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64url');
  return { keyId, key: `bloodstream_${keyId}_${secret}` };
}
