import { expect, it } from 'vitest';
import { BACKDATED_DAYS_MAX, parseEvent } from './event.ts';

const NOW = Date.UTC(2026, 5, 1);
const click = { id: 'e1', userId: 'ann', type: 'click', itemId: 'iron-tide' };
const reason = (input: unknown) => {
  const parsed = parseEvent(input, NOW);
  return parsed.ok ? 'ok' : parsed.error;
};

it('completes an event: the server’s clock, null for absent fields, unknown fields dropped', () => {
  expect(parseEvent({ ...click, extra: 1, context: { country: 'CH' } }, NOW)).toEqual({
    ok: true,
    value: {
      ...click,
      value: null,
      query: null,
      timestamp: NOW,
      receivedAt: NOW,
      recommendationId: null,
      position: null,
      platform: null,
      country: 'CH',
      locale: null,
    },
  });
});

it('accepts ISO 8601 and epoch milliseconds, up to five minutes ahead', () => {
  expect(reason({ ...click, timestamp: '2026-05-31T23:00:00+01:00' })).toBe('ok');
  expect(reason({ ...click, timestamp: NOW + 5 * 60_000 })).toBe('ok');
  expect(reason({ ...click, timestamp: NOW + 5 * 60_000 + 1 })).toMatch(/^timestamp: .*5 minutes/);
  expect(reason({ ...click, timestamp: '2100-01-01T00:00:00Z' })).toMatch(/^timestamp: /);
  expect(reason({ ...click, timestamp: 0 })).toMatch(/^timestamp: .*2000/);
  expect(reason({ ...click, timestamp: 'yesterday' })).toMatch(/^timestamp: /);
  expect(reason({ ...click, timestamp: Number.NaN })).toMatch(/^timestamp: /);
});

it('lets a player date an event back by what is kept offline, and the store by any time', () => {
  const judge = (agoMs: number, isFromPlayer: boolean) =>
    parseEvent({ ...click, timestamp: NOW - agoMs }, NOW, { isFromPlayer }).ok;
  const longest = BACKDATED_DAYS_MAX * 86_400_000;
  expect([judge(longest, true), judge(longest + 1, true), judge(longest + 1, false)]).toEqual([true, false, true]);
});

it('names the invalid field', () => {
  expect(reason(null)).not.toBe('ok');
  expect(reason({ ...click, type: 'stare' })).toMatch(/^type: /);
  expect(reason({ ...click, itemId: undefined })).toBe('itemId: is required for click');
  expect(reason({ ...click, type: 'reset', itemId: undefined })).toBe('ok');
  expect(reason({ ...click, type: 'reset' })).toMatch(/^itemId: must be absent/);
  expect(reason({ ...click, type: 'refund', itemId: undefined })).toBe('itemId: is required for refund');
  expect(reason({ ...click, type: 'search' })).toBe('query: is required for search');
  expect(reason({ ...click, type: 'rate' })).toBe('value: is required for rate');
  expect(reason({ ...click, type: 'rate', value: 5.5 })).toMatch(/^value: /);
  expect(reason({ ...click, type: 'play', value: -1 })).toMatch(/^value: /);
  expect(reason({ ...click, type: 'play', value: 'long' })).toMatch(/^value: /);
  for (const id of ['', 'a/b', 'a b', 'a\u0000b', 'x'.repeat(10_000), '..', 'a?b', '\ud800'])
    expect(reason({ ...click, userId: id })).toMatch(/^userId: /);
  expect(reason({ ...click, context: { country: 'Switzerland' } })).toMatch(/^context\.country: /);
});
