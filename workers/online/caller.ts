// The caller of a request and what it may do. How a request proves who calls is in auth.ts.

import type { Scope } from '../../models/contracts/key.ts';
import { ME } from '../../models/contracts/user-id.ts';
import { ProblemError } from './problems.ts';

export type { Scope };

/** A server of the store. `keyId` names the key in logs and never shows it. */
export interface KeyCaller {
  kind: 'key';
  keyId: string;
  scopes: readonly Scope[];
  /** Origins whose pages may use the key, if it names any. */
  origins?: readonly string[];
}
/** A game, on behalf of the player of its token. */
export interface PlayerCaller {
  kind: 'player';
  userId: string;
  guest: boolean;
  /** The token is accepted until then, leeway included; epoch milliseconds. */
  expiresAt: number;
}
export type IdentifiedCaller = KeyCaller | PlayerCaller;
/** `anyone`: the caller of a public endpoint, which is not asked for a key. */
export type Caller = IdentifiedCaller | { kind: 'anyone' };

/** An admin key opens every scope. */
export const hasScope = ({ scopes }: Pick<KeyCaller, 'scopes'>, scope: Scope): boolean =>
  scopes.includes('admin') || scopes.includes(scope);

export interface Access {
  /** Scopes that a key must have. */
  scopes: readonly Scope[];
  /** Whether a player's token may call. */
  isOpenToPlayers: boolean;
}

/** Throws `forbidden` if the caller has not the access. Whose data it is: resolveUserId. */
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
 * The player that a path names. A token names its own player alone: by id or by `me`. Throws `forbidden` for another
 * player, and `invalid-input` for `me` with a key.
 */
export function resolveUserId(caller: Caller, named: string): string {
  if (caller.kind === 'player') {
    if (named === ME || named === caller.userId) return caller.userId;
    throw new ProblemError('forbidden', 'A token opens its own player’s data alone.');
  }
  if (named !== ME) return named;
  throw new ProblemError('invalid-input', '“me” stands for the player of a token; with a key, name the player’s id.');
}
