import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { RATE_PER_MINUTE_MAX } from '../../models/contracts/key.ts';
import { makeKeyCaller, makePlayerCaller } from '../../tests/caller.ts';
import type { Caller } from './caller.ts';
import { computeBlock, RateCredits } from './rate-credits.ts';
import {
  chooseOwnPolicy,
  chooseStrictPolicy,
  groupAddress,
  type RatePolicy,
  type StrictLimit,
  takeRequest,
} from './rate-limit.ts';
import { CAPACITY, computeDelta, WINDOW_SECONDS } from './rate-limit-scale.ts';
import { type RateVars, readRate } from './rate-settings.ts';

const CONFIG = readFileSync(path.join(import.meta.dirname, '../../wrangler.toml'), 'utf8');
const VARS: RateVars = {
  PLAYER_REQUESTS_PER_MINUTE: '300',
  KEY_REQUESTS_PER_MINUTE: 'unlimited',
  ADDRESS_REQUESTS_PER_MINUTE: '200',
  GUESTS_PER_MINUTE: '10',
  PERSONAL_DATA_PER_MINUTE: '5',
};
const ADDRESS = '192.0.2.1';
const ANN: Caller = makePlayerCaller('ann');
const GUEST: Caller = makePlayerCaller('guest:1');

test('scales every rate to the limit of the binding that wrangler.toml declares', () => {
  expect(CONFIG).toContain(`simple = { limit = ${CAPACITY}, period = ${WINDOW_SECONDS} }`);
  for (const perMinute of [1, 2, 3, 7, 10, 300, 600, 5_999, RATE_PER_MINUTE_MAX]) {
    // The limiter admits a request while its counter is below the limit.
    const admitted = Math.ceil(CAPACITY / computeDelta(perMinute));
    expect(admitted, String(perMinute)).toBe(perMinute);
  }
});

test('counts by token, by key, or by address', () => {
  const describe = (policy: RatePolicy | undefined) =>
    policy && `${policy.name} ${policy.partition} ${policy.perMinute}`;
  const own = (caller: Caller) => describe(chooseOwnPolicy(caller, ADDRESS, VARS));
  const strict = (name: StrictLimit, caller: Caller) => describe(chooseStrictPolicy(name, caller, ADDRESS, VARS));
  const key: Caller = makeKeyCaller(['read'], { keyId: 'k' });
  expect(own(ANN)).toBe('player ann 300');
  expect(own(key)).toBe('key k Infinity');
  expect(own({ ...key, ratePerMinute: 7 })).toBe('key k 7');
  expect(own({ kind: 'anyone' })).toBe('address 192.0.2.1 200');
  expect(strict('guests', { kind: 'anyone' })).toBe('guests 192.0.2.1 10');
  expect(strict('personal-data', ANN)).toBe('personal-data ann 5');
  expect(strict('personal-data', GUEST)).toBe('personal-data 192.0.2.1 5');
  expect(strict('personal-data', key)).toBeUndefined();
});

test('counts an IPv6 address as its /64, however it is written', () => {
  const network = '2001:db8:0:1';
  for (const address of ['2001:db8:0:1::', '2001:0db8:0000:0001:ffff:0:0:1', '2001:DB8:0:1:2:3:4:5'])
    expect(groupAddress(address), address).toBe(network);
  expect(groupAddress('2001:db8::1')).toBe('2001:db8:0:0');
  expect(groupAddress('::1')).toBe('0:0:0:0');
  expect(groupAddress(ADDRESS)).toBe(ADDRESS);
  expect(groupAddress(undefined)).toBe('');
});

test('refuses nobody while the limiter fails', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const limiter = { limit: () => Promise.reject(new Error('down')) };
  expect(await takeRequest(limiter, chooseOwnPolicy(ANN, ADDRESS, VARS))).toBe(true);
  expect(log.mock.calls.flat().join()).toContain('rate limiter failed');
  log.mockRestore();
});

test('asks the limiter once for a block of requests where the limit is high, and then for the next', async () => {
  const perMinute = 60_000;
  const policy: RatePolicy = { name: 'key', partition: 'server', perMinute };
  const deltas: number[] = [];
  let counted = 0;
  const limiter = {
    limit: async ({ delta = 1 }: RateLimitOptions) => {
      deltas.push(delta);
      const success = counted < CAPACITY;
      if (success) counted += delta;
      return { success };
    },
  };
  const credits = new RateCredits();
  // All at once: those that come while the limiter is asked do not ask too.
  const first = await Promise.all(Array.from({ length: 25 }, () => takeRequest(limiter, policy, credits)));
  expect(new Set(first)).toEqual(new Set([true]));
  expect([computeBlock(perMinute), deltas]).toEqual([10, Array(3).fill(10 * computeDelta(perMinute))]);
  let admitted = first.length;
  while (admitted <= perMinute && (await takeRequest(limiter, policy, credits))) admitted++;
  expect(admitted).toBe(perMinute);
  expect(await takeRequest(limiter, policy, credits)).toBe(false);
  // A player asks for each request.
  expect(computeBlock(300)).toBe(1);
});

test('forgets requests that were taken a window ago', () => {
  const credits = new RateCredits();
  credits.set('key:server', 2, 0);
  expect([credits.spend('key:server', 59_999), credits.spend('key:server', 60_000)]).toEqual([true, false]);
  expect(credits.spend('key:other', 0)).toBe(false);
});

test('a setting that is missing or out of bounds has the default of wrangler.toml, and one alert names it', () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const names = Object.keys(VARS) as (keyof RateVars)[];
  for (const name of names) {
    const delivered = new RegExp(`^${name} = "(.+)"$`, 'm').exec(CONFIG)![1]!;
    const rate = readRate(name, { [name]: delivered });
    for (const value of [undefined, '', '0', '-1', '1.5', '600001', 'many'])
      expect(readRate(name, { ...VARS, [name]: value }), `${name}: ${value}`).toBe(rate);
    expect(readRate(name, { [name]: '600000' })).toBe(600_000);
  }
  const alerts = log.mock.calls.flat();
  log.mockRestore();
  expect(alerts.map((alert) => JSON.parse(alert).alert.split(' ')[0])).toEqual(names);
});
