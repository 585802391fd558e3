// Chooses the secrets that a new Worker gets, and the key of the smoke test.

import { randomBytes } from 'node:crypto';
import { makeTokenKey } from '../local/make-token-key.ts';
import type { Plan } from './plan.ts';

export interface ChosenSecrets {
  /** For the Worker, by name; empty if it lacks none. */
  stored: Readonly<Record<string, string>>;
  /** A new ADMIN_KEY that nobody knows yet. */
  shown: string | undefined;
  /** Undefined if there is no key to test with. */
  testKey: string | undefined;
}

/**
 * `given`: ADMIN_KEY of the environment. `isTerminal`: whether what is printed is read by a person. Throws if a key
 * would end in a log, or if an upload could not be tested.
 */
export function chooseSecrets(plan: Plan, given: string | undefined, isTerminal: boolean): ChosenSecrets {
  const key = (given ?? '').split(',')[0]!.trim() || undefined;
  const stored: Record<string, string> = {};
  if (plan.secrets.includes('TOKEN_KEY_0')) stored.TOKEN_KEY_0 = makeTokenKey(0, Math.floor(Date.now() / 1000));
  if (!plan.secrets.includes('ADMIN_KEY')) {
    if (key === undefined && plan.upload.length > 0)
      throw new Error(
        'a new version is tested before it stays: set ADMIN_KEY to a key of this Worker with the scope admin',
      );
    return { stored, shown: undefined, testKey: key };
  }
  if (given !== undefined && key !== undefined)
    return { stored: { ...stored, ADMIN_KEY: given }, shown: undefined, testKey: key };
  if (!isTerminal)
    throw new Error(
      'the Worker has no ADMIN_KEY, and one that is made now would end in a log: run this in a terminal, or set ' +
        'ADMIN_KEY to a secret of yours, such as the output of `openssl rand -base64 24`',
    );
  const made = randomBytes(24).toString('base64url');
  return { stored: { ...stored, ADMIN_KEY: made }, shown: made, testKey: made };
}
