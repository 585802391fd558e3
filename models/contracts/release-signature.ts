// Signatures of releases: Ed25519 over the bytes of the manifest, which names every file by its digest. The trainer
// signs (scripts/train/signing-key.ts); readers of a release verify. It reads no store.

import { fail, ok, type Result } from './result.ts';

/** The variable of the Worker with the public keys. */
const VARIABLE = 'RELEASE_KEYS';

/**
 * Explains why a release is refused; undefined if it is not. `publicKeys`: in base64url, separated by spaces; without
 * any, nothing is verified. If one of them is not a key, every release is refused: a typing error must not disable the
 * check.
 */
export async function explainUnsigned(
  manifest: Uint8Array,
  signature: string | undefined,
  publicKeys: string,
): Promise<string | undefined> {
  const keys = await importKeys(publicKeys);
  if (!keys.ok) return keys.error;
  if (signature === undefined) return `it is not signed, and ${VARIABLE} requires a signature`;
  const bytes = Buffer.from(signature, 'base64url');
  for (const key of keys.value)
    if (await crypto.subtle.verify('Ed25519', key, bytes, manifest as Uint8Array<ArrayBuffer>)) return undefined;
  return `its signature is by none of the keys in ${VARIABLE}`;
}

export const listPublicKeys = (publicKeys: string | undefined): string[] =>
  (publicKeys ?? '').split(/\s+/).filter((key) => key !== '');

async function importKeys(publicKeys: string): Promise<Result<CryptoKey[], string>> {
  const keys: CryptoKey[] = [];
  for (const text of listPublicKeys(publicKeys))
    try {
      const { buffer, byteOffset, byteLength } = Buffer.from(text, 'base64url');
      const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
      keys.push(await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']));
    } catch {
      return fail(`“${text}” in ${VARIABLE} is no public key of \`npm run releases -- make-key\``);
    }
  return ok(keys);
}
