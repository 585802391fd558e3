import { expect, test } from 'vitest';
import { makeTokenKey } from '../local/make-token-key.ts';
import { chooseSlot } from './choose-slot.ts';

const DAY_S = 24 * 3_600;
const NOW = 1_800_000_000;
const publish = (slot: number, nbf: number) => JSON.parse(makeTokenKey(slot, nbf));

test('a new key signs ten minutes after it is published, in the slot whose tokens have all expired', () => {
  expect(chooseSlot([], NOW, false)).toEqual({ slot: 0, signsFrom: NOW });
  const next = { slot: 1, signsFrom: NOW + 600 };
  expect(chooseSlot([publish(0, NOW)], NOW, false)).toEqual(next);
  expect(chooseSlot([publish(1, NOW)], NOW, false)).toEqual({ ...next, slot: 0 });
  const [older, newest] = [publish(1, NOW - 90 * DAY_S), publish(0, NOW - 31 * DAY_S)];
  for (const published of [
    [older, newest],
    [newest, older],
  ])
    expect(chooseSlot(published, NOW, false)).toEqual(next);
});

test('refuses to replace a key whose tokens are valid, unless it has leaked', () => {
  // The older key signed until a day ago; guests' tokens that it signed are valid for thirty days.
  const published = [publish(1, NOW - 90 * DAY_S), publish(0, NOW - DAY_S)];
  expect(() => chooseSlot(published, NOW, false)).toThrow(/TOKEN_KEY_1 are valid until 2027-02-1/);
  expect(() => chooseSlot(published, NOW + 29 * DAY_S, false)).toThrow('--force');
  expect(chooseSlot(published, NOW + 29 * DAY_S + 60, false).slot).toBe(1);
  // Run twice, it replaces both.
  const first = chooseSlot(published, NOW, true);
  expect(first).toEqual({ slot: 1, signsFrom: NOW });
  expect(chooseSlot([publish(first.slot, first.signsFrom), published[1]], NOW + 1, true).slot).toBe(0);
  // Also if one of them does not sign yet.
  const pending = [publish(0, NOW - DAY_S), publish(1, NOW + 600)] as const;
  expect(chooseSlot(pending, NOW, true)).toEqual({ slot: 1, signsFrom: NOW });
  expect(chooseSlot([pending[0], publish(1, NOW)], NOW + 1, true).slot).toBe(0);
  expect(() => chooseSlot([{ kid: 'mine', nbf: 0 }], NOW, false)).toThrow('mine');
});
