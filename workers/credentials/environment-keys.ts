// The keys in the Worker's environment, with which a store starts. Their digests are compared in constant time, so the
// duration reveals neither a key's length nor a common prefix.

import type { Scope } from '../../models/contracts/key.ts';
import { digestKey } from './key-digest.ts';

const VARIABLES = {
  admin: 'ADMIN_KEY',
  ingest: 'INGEST_KEY',
  read: 'READ_KEY',
  mint: 'MINT_KEY',
} as const satisfies Record<Scope, keyof Env>;
type Variable = (typeof VARIABLES)[Scope];
/** One key or several per scope, separated by commas. */
export type EnvironmentKeys = Pick<Env, Variable>;

interface NamedKey {
  /** The variable and the key's number in it, from 1: `ADMIN_KEY-1`. */
  keyId: string;
  scope: Scope;
  key: string;
}

export interface EnvironmentKey {
  keyId: string;
  scopes: readonly Scope[];
}

/**
 * Undefined if no key matches. A key in several variables has the scopes of all of them. `givenDigest`: the digest of
 * the caller's key.
 */
export async function findEnvironmentKey(
  givenDigest: ArrayBuffer | ArrayBufferView,
  keys: EnvironmentKeys,
): Promise<EnvironmentKey | undefined> {
  const matching: NamedKey[] = [];
  // No early exit: the duration must not reveal which key matched.
  for (const known of listKeys(keys))
    if (crypto.subtle.timingSafeEqual(givenDigest, await ownDigest(known.key))) matching.push(known);
  const [first] = matching;
  return first && { keyId: first.keyId, scopes: matching.map(({ scope }) => scope) };
}

const listKeys = (keys: EnvironmentKeys): NamedKey[] =>
  (Object.entries(VARIABLES) as [Scope, Variable][]).flatMap(([scope, variable]) =>
    split(keys[variable]).map((key, index) => ({ keyId: `${variable}-${index + 1}`, scope, key })),
  );

const split = (keys: string | undefined): string[] =>
  keys === undefined
    ? []
    : keys
        .split(',')
        .map((key) => key.trim())
        .filter((key) => key !== '');

const digests = new Map<string, ArrayBuffer>();

/** Digest of one of the Worker's own keys, computed once per isolate. */
async function ownDigest(key: string): Promise<ArrayBuffer> {
  const known = digests.get(key) ?? (await digestKey(key));
  digests.set(key, known);
  return known;
}
