// Limits a caller's requests: by token, by key, or by IP address without either. All limits share one binding of
// Cloudflare's rate limiter, whose own limit is fixed at deployment: a request adds to its counter that limit divided
// by its caller's. The limiter counts per location, across all isolates there (docs/decisions/0025).

import { logError } from '../logging/log.ts';
import type { Caller } from './caller.ts';
import { computeBlock, RateCredits } from './rate-credits.ts';
import { computeDelta } from './rate-limit-scale.ts';
import { type RateVars, readRate } from './rate-settings.ts';

/** A stricter limit on some endpoints, besides the caller's own. */
export type StrictLimit = 'guests' | 'personal-data';

export interface RatePolicy {
  name: 'player' | 'key' | 'address' | StrictLimit;
  /** Infinity if there is no limit. */
  perMinute: number;
  /** Requests with the same partition count together. */
  partition: string;
}

/** Results of a request's checks so far. */
export interface RateCheck {
  policies: readonly RatePolicy[];
  /** The policy that refused the request; undefined if none did. */
  refused: RatePolicy | undefined;
}

/** `address`: the IP address; undefined where Cloudflare is not in front of the Worker. */
export function chooseOwnPolicy(caller: Caller, address: string | undefined, vars: RateVars): RatePolicy {
  switch (caller.kind) {
    case 'player':
      return { name: 'player', perMinute: readRate('PLAYER_REQUESTS_PER_MINUTE', vars), partition: caller.userId };
    case 'key': {
      const perMinute = caller.ratePerMinute ?? readRate('KEY_REQUESTS_PER_MINUTE', vars);
      return { name: 'key', perMinute, partition: caller.keyId };
    }
    case 'anyone': {
      const perMinute = readRate('ADDRESS_REQUESTS_PER_MINUTE', vars);
      return { name: 'address', perMinute, partition: groupAddress(address) };
    }
  }
}

/** Undefined for a key: it belongs to the store. */
export function chooseStrictPolicy(
  name: StrictLimit,
  caller: Caller,
  address: string | undefined,
  vars: RateVars,
): RatePolicy | undefined {
  if (caller.kind === 'key') return undefined;
  const perMinute = readRate(name === 'guests' ? 'GUESTS_PER_MINUTE' : 'PERSONAL_DATA_PER_MINUTE', vars);
  // Anybody can become many guests.
  const isAccount = caller.kind === 'player' && !caller.guest;
  return { name, perMinute, partition: isAccount ? caller.userId : groupAddress(address) };
}

/** An IPv6 address counts as its /64, all of which belongs to one subscriber. */
export function groupAddress(address = ''): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

const ownCredits = new RateCredits();

/**
 * Takes one request; false if the policy refuses it. A limiter that fails refuses nobody. `credits`: those of this
 * isolate, unless given.
 */
export async function takeRequest(
  limiter: RateLimit,
  { name, partition, perMinute }: RatePolicy,
  credits = ownCredits,
): Promise<boolean> {
  if (perMinute === Number.POSITIVE_INFINITY) return true;
  const key = `${name}:${partition}`;
  const now = Date.now();
  if (credits.spend(key, now)) return true;
  const block = computeBlock(perMinute);
  // Before the limiter has answered: requests that arrive meanwhile need not call it too.
  credits.set(key, block - 1, now);
  try {
    const { success } = await limiter.limit({ key, delta: block * computeDelta(perMinute) });
    if (!success) credits.set(key, 0, now);
    return success;
  } catch (error) {
    logError('rate limiter failed', { error: String(error) });
    return true;
  }
}

const SUBJECTS: Record<RatePolicy['name'], string> = {
  player: 'this player’s tokens',
  key: 'this key',
  address: 'requests without a valid key or token from this IP address',
  guests: 'new guests from this IP address',
  'personal-data': 'exports and erasures by this player, or by guests of this IP address',
};

export const describeRefusal = ({ name, perMinute }: RatePolicy): string =>
  `The limit for ${SUBJECTS[name]} is ${perMinute} a minute.`;
