// Finds the key with which a command calls a Worker.

import { LOOPBACK } from '../../models/contracts/subscription.ts';
import { readDevelopmentKey } from './development-key.ts';

/**
 * Returns the environment's ADMIN_KEY if it is set; otherwise, for a Worker on this machine only, the development key.
 * Throws if there is none.
 */
export function findKey(url: string, given = process.env.ADMIN_KEY): string {
  if (given !== undefined && given !== '') return given;
  if (!LOOPBACK.has(new URL(url).hostname))
    throw new Error(`no key for ${url}: set the environment variable ADMIN_KEY to a key with the scope admin`);
  const key = readDevelopmentKey();
  if (key === undefined) throw new Error('no development key yet: run `npm start` first, which makes one');
  return key;
}
