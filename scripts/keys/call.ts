// Calls /v1/keys of a Worker.

import type { Key, NewKey, Scope } from '../../models/contracts/key.ts';
import { openWorker } from '../local/call-worker.ts';

export interface KeyFields {
  name: string;
  scopes: Scope[];
  expiresAt?: string;
  origins?: string[];
  ratePerMinute?: number;
}

export interface KeyClient {
  list(): Promise<Key[]>;
  create(fields: KeyFields): Promise<NewKey>;
  revoke(keyId: string): Promise<void>;
}

/** `key`: one with the scope `admin`. */
export function openKeyClient(url: string, key: string): KeyClient {
  const call = openWorker(url, key, 'npm run keys -- list');
  return {
    list: async () => ((await call('GET', '/v1/keys')) as { keys: Key[] }).keys,
    create: async (fields) => (await call('POST', '/v1/keys', fields)) as NewKey,
    revoke: async (keyId) => {
      await call('DELETE', `/v1/keys/${encodeURIComponent(keyId)}`);
    },
  };
}
