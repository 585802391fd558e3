// The caller of a request and its access. auth.ts identifies the caller.

import type { Credential } from '../../models/contracts/credential.ts';
import { hasScope, type Scope } from '../../models/contracts/key.ts';
import { ME } from '../../models/contracts/user-id.ts';
import { ProblemError } from './problems.ts';

export { hasScope, type Scope };

/** A server of the store. `keyId` names the key in logs without showing it. */
export interface KeyCaller {
  kind: 'key';
  keyId: string;
  credential: Credential;
  scopes: readonly Scope[];
  /** Origins whose pages may use the key; absent if the key names none. */
  origins?: readonly string[];
  /** Epoch milliseconds; absent if the key does not expire. */
  expiresAt?: number;
  /** Requests a minute; absent if the setting for all keys applies. */
  ratePerMinute?: number;
}
/** A game, on behalf of the player of its token. */
export interface PlayerCaller {
  kind: 'player';
  userId: string;
  credential: Credential;
  guest: boolean;
  /** End of the token's validity, leeway included; epoch milliseconds. */
  expiresAt: number;
}
export type IdentifiedCaller = KeyCaller | PlayerCaller;
/** `anyone`: the caller of a public endpoint, which needs no key. */
export type Caller = IdentifiedCaller | { kind: 'anyone' };

/** True for a player's token and for a key that may send players' events; a key with `read` alone changes nothing. */
export const mayChangePlayers = (caller: Caller): boolean =>
  caller.kind === 'player' || (caller.kind === 'key' && hasScope(caller, 'ingest'));

export interface Access {
  /** Scopes that a key needs. */
  scopes: readonly Scope[];
  /** True if a player's token may call. */
  isOpenToPlayers: boolean;
}

/** Throws `forbidden` if the caller lacks the access. resolveUserId checks whose data it is. */
export function authorize(caller: IdentifiedCaller, { scopes, isOpenToPlayers }: Access): void {
  if (caller.kind === 'player') {
    if (isOpenToPlayers) return;
    throw new ProblemError('forbidden', `A player’s token cannot do this; it needs a key with ${listScopes(scopes)}.`);
  }
  const missing = scopes.filter((scope) => !hasScope(caller, scope));
  if (missing.length > 0) throw new ProblemError('forbidden', `This needs a key with ${listScopes(missing)}.`);
}

const listScopes = (scopes: readonly Scope[]): string =>
  `the scope${scopes.length > 1 ? 's' : ''} ${scopes.map((scope) => `“${scope}”`).join(' and ')}`;

/**
 * Returns the player that a path names. A token may name only its own player, by id or as `me`. Throws `forbidden` for
 * another player, and `invalid-input` for `me` with a key.
 */
export function resolveUserId(caller: Caller, named: string): string {
  if (caller.kind === 'player') {
    if (named === ME || named === caller.userId) return caller.userId;
    throw new ProblemError('forbidden', 'A token opens its own player’s data alone.');
  }
  if (named !== ME) return named;
  throw new ProblemError('invalid-input', '“me” stands for the player of a token; with a key, use the player’s id.');
}
