// Decides whether a caller who was admitted earlier would be admitted now. It follows the same copies of keys and
// issuers as a request, so that an open connection ends when a request would be refused.

import type { Credential } from '../../models/contracts/credential.ts';
import type { StoredIssuer } from '../../models/contracts/issuer.ts';
import { hasScope } from '../../models/contracts/key.ts';
import type { CacheLimits, CacheRead } from '../storage/cache.ts';
import { type EnvironmentKeys, findEnvironmentKey } from './environment-keys.ts';
import { importTokenKeys, type TokenKeySlots } from './token-keys.ts';
import { findTrusted } from './trusted-read.ts';

type Read<T> = (limits?: CacheLimits) => Promise<CacheRead<T & { readAt: number }>>;

export interface KnownCredentials {
  environment: EnvironmentKeys & TokenKeySlots;
  /** The isolate's copies, or newer ones. */
  readKeys: Read<{ byId: ReadonlyMap<string, unknown> }>;
  readIssuers: Read<{ issuers: readonly StoredIssuer[] }>;
}

/** `unread`: the answer depends on keys or issuers that cannot be read. */
export type CredentialState = 'valid' | 'revoked' | 'unread';

/** Decides whether the credential still opens the scope `read`. `now`: epoch milliseconds. */
export async function checkCredential(
  credential: Credential,
  { environment, readKeys, readIssuers }: KnownCredentials,
  now: number,
): Promise<CredentialState> {
  switch (credential.kind) {
    case 'environment-key': {
      const found = await findEnvironmentKey(Buffer.from(credential.digest, 'hex'), environment);
      return toState(found !== undefined && hasScope(found, 'read'));
    }
    case 'own-token':
      return toState((await importTokenKeys(environment)).some(({ kid }) => kid === credential.kid));
    case 'stored-key': {
      // A key's scopes never change.
      const found = await findTrusted(readKeys, ({ byId }) => byId.get(credential.keyId), now);
      return found === 'unread' ? found : toState(found !== undefined);
    }
    case 'issuer-token': {
      const { issuerId, kid } = credential;
      const isSame = (issuer: StoredIssuer) => issuer.issuerId === issuerId && publishes(issuer, kid);
      const found = await findTrusted(readIssuers, ({ issuers }) => issuers.find(isSame), now);
      return found === 'unread' ? found : toState(found !== undefined);
    }
  }
}

const toState = (isValid: boolean): CredentialState => (isValid ? 'valid' : 'revoked');

/** True for a token without `kid`, whose key cannot be told from the others. */
const publishes = ({ jwks }: StoredIssuer, kid: string | undefined): boolean =>
  kid === undefined || jwks.keys.some((key) => key.kid === kid);
