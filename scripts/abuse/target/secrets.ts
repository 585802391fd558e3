// The secrets of one run: the environment's keys, and the key that signs tokens. They are new in each run, so that
// they can be searched for afterwards.

import { randomBytes } from 'node:crypto';
import type { Scope } from '../../../models/contracts/key.ts';
import { makeTokenKey } from '../../local/make-token-key.ts';

export interface Secrets {
  /** The environment's keys. */
  keys: Record<Scope, string>;
  /** A private JWK as JSON. */
  tokenKey: string;
}

export const makeSecrets = (): Secrets => ({
  keys: { admin: makeText(), ingest: makeText(), read: makeText(), mint: makeText() },
  tokenKey: makeTokenKey(0, 0),
});

const makeText = (): string => randomBytes(24).toString('base64url');

/** The lines of wrangler's file of secrets. JSON is quoted: it has characters that are special in that file. */
export const formatSecrets = ({ keys, tokenKey }: Secrets): string =>
  [
    ...Object.entries(keys).map(([scope, key]) => `${scope.toUpperCase()}_KEY=${key}`),
    `TOKEN_KEY_0='${tokenKey}'`,
    '',
  ].join('\n');
