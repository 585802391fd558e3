// Makes a key that signs players' tokens (workers/credentials/token-keys.ts). It stores nothing.

import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** A private JWK as JSON. `signsFrom`: epoch seconds. The key's id begins with its slot. */
export function makeTokenKey(slot: number, signsFrom: number): string {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const kid = `${slot}-${randomBytes(9).toString('base64url')}`;
  return JSON.stringify({ kty: 'OKP', crv: 'Ed25519', kid, nbf: signsFrom, x, d });
}
