// Signatures of releases: Ed25519 over the bytes of the manifest, which names every file by its digest. The trainer
// signs (scripts/train/signing-key.ts); readers of a release verify. It reads no store.

/** The variable of the Worker with the public keys. */
const VARIABLE = 'RELEASE_KEYS';

/**
 * Explains why a release is refused; undefined if it is not. `publicKeys`: in base64url, separated by spaces; without
 * any, nothing is verified. Throws if one of them is not a key: a typing error must not disable the check.
 */
export async function explainUnsigned(
  manifest: Uint8Array,
  signature: string | undefined,
  publicKeys: string,
): Promise<string | undefined> {
  const keys = await importKeys(publicKeys);
  if (signature === undefined) return `it is not signed, and ${VARIABLE} requires a signature`;
  const bytes = Buffer.from(signature, 'base64url');
  for (const key of keys)
    if (await crypto.subtle.verify('Ed25519', key, bytes, manifest as Uint8Array<ArrayBuffer>)) return undefined;
  return `its signature is by none of the keys in ${VARIABLE}`;
}

export const listPublicKeys = (publicKeys: string | undefined): string[] =>
  (publicKeys ?? '').split(/\s+/).filter((key) => key !== '');

/** Its error names the position of an entry, never the text: that could be a private key, and players see the error. */
async function importKeys(publicKeys: string): Promise<CryptoKey[]> {
  const keys: CryptoKey[] = [];
  for (const [index, text] of listPublicKeys(publicKeys).entries())
    try {
      const { buffer, byteOffset, byteLength } = Buffer.from(text, 'base64url');
      const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
      keys.push(await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']));
    } catch {
      throw new Error(`entry ${index + 1} of ${VARIABLE} is no public key of \`npm run releases -- make-key\``);
    }
  return keys;
}
