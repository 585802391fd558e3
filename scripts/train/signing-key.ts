// The key with which the trainer signs releases, so that a Worker with its public key accepts no others. A private JWK,
// in a file or in the environment; `npm run releases -- make-key` makes one.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { listPublicKeys } from '../../models/contracts/release-signature.ts';

export const SIGNING_KEY_VARIABLE = 'RELEASE_SIGNING_KEY';

export interface SigningKey {
  /** Base64url, as in RELEASE_KEYS. */
  publicKey: string;
  /** Returns the signature in base64url. */
  sign(manifest: Uint8Array): string;
}

/** Undefined if there is neither a file nor the variable; the file takes precedence. Throws if it holds no key. */
export function readSigningKey(
  file: string | undefined,
  text = process.env[SIGNING_KEY_VARIABLE],
): SigningKey | undefined {
  if (file === undefined && (text === undefined || text === '')) return undefined;
  const source = file ?? SIGNING_KEY_VARIABLE;
  const privateKey = parseKey(file === undefined ? text! : readFileSync(file, 'utf8'));
  if (privateKey === undefined) throw new Error(`${source} is no key of \`npm run releases -- make-key\``);
  return {
    publicKey: readPublicKey(privateKey),
    sign: (manifest) => sign(null, manifest, privateKey).toString('base64url'),
  };
}

/** Its errors could quote the key, so they are dropped. */
function parseKey(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: JSON.parse(text), format: 'jwk' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

const readPublicKey = (privateKey: KeyObject): string => createPublicKey(privateKey).export({ format: 'jwk' }).x!;

/** Throws if the Worker would refuse what this key signs. `releaseKeys`: RELEASE_KEYS of wrangler.toml. */
export function assertAccepted(key: SigningKey | undefined, releaseKeys: string | undefined): void {
  const accepted = listPublicKeys(releaseKeys);
  if (accepted.length === 0) return;
  if (key === undefined)
    throw new Error(
      'RELEASE_KEYS in wrangler.toml demands signed releases: name a key with --signing-key FILE or in the ' +
        `environment variable ${SIGNING_KEY_VARIABLE}`,
    );
  if (!accepted.includes(key.publicKey))
    throw new Error(
      `the signing key is not in RELEASE_KEYS: add “${key.publicKey}” in wrangler.toml and deploy, or use another key`,
    );
}

/** Writes a new private key into a new file, which only its owner may read. Returns the public key. */
export function writeSigningKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`, { mode: 0o600, flag: 'wx' });
  return readPublicKey(privateKey);
}
