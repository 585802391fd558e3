// Callers as the handlers of endpoints get them.

import type { Scope } from '../models/contracts/key.ts';
import { isGuestId } from '../models/contracts/user-id.ts';
import type { KeyCaller, PlayerCaller } from '../workers/online/caller.ts';

export const makeKeyCaller = (scopes: readonly Scope[], more: Partial<KeyCaller> = {}): KeyCaller => ({
  kind: 'key',
  keyId: 'test',
  credential: { kind: 'stored-key', keyId: 'test' },
  scopes,
  ...more,
});

export const makePlayerCaller = (userId: string, more: Partial<PlayerCaller> = {}): PlayerCaller => ({
  kind: 'player',
  userId,
  credential: { kind: 'own-token', kid: 'test' },
  guest: isGuestId(userId),
  expiresAt: 0,
  ...more,
});
