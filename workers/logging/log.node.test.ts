import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { contextOf, currentRequestId, inContext, logError, logWarning } from './log.ts';

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ['error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => vi.restoreAllMocks());

const requestWith = (headers: Record<string, string>) => ({ headers: new Headers(headers) });

it('writes a line of JSON with a level, an alert, and the id of the request, also behind awaits', async () => {
  logError('events not queued', { events: 3 });
  await inContext(contextOf(requestWith({ 'cf-ray': 'ray-1' })), async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    logWarning('notification postponed', { error: 'timed\nout' });
    expect(currentRequestId()).toBe('ray-1');
  });
  expect(currentRequestId()).toBeUndefined();
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'error', alert: 'events not queued', events: 3 },
    { level: 'warn', alert: 'notification postponed', requestId: 'ray-1', error: 'timed\nout' },
  ]);
  expect(vi.mocked(console.error)).toHaveBeenCalledTimes(1);
});

it('keeps the requests apart that are answered at once, and gives an id to one without', async () => {
  const answer = (ray: string, ms: number) =>
    inContext(contextOf(requestWith({ 'cf-ray': ray })), async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      logError('storage failed');
    });
  await Promise.all([answer('slow', 10), answer('fast', 1)]);
  expect(lines.map((line) => JSON.parse(line).requestId)).toEqual(['fast', 'slow']);
  expect(contextOf(requestWith({})).requestId).toMatch(/^[0-9a-f-]{36}$/);
});

it.each([
  ['the key of the request', { authorization: 'Bearer correct horse"battery' }, 'denied: correct horse"battery'],
  ['a key in gorse’s header', { 'x-api-key': 'a-stores-own-key' }, { nested: ['a-stores-own-key'] }],
  ['a token of a WebSocket', { 'sec-websocket-protocol': 'v1, bearer.c2VjcmV0LXNlY3JldA' }, 'c2VjcmV0LXNlY3JldA of it'],
  ['a bearer', {}, 'fetch with Authorization: Bearer abc.def-ghi'],
  ['a token', {}, 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'],
  ['a stored key', {}, 'bloodstream_0123456789abcdef_AbCdEfGhIjKlMnOpQrStUvWxYz012345678901234'],
  ['the secret of a webhook', {}, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['a private key', {}, { key: { kty: 'OKP', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' } }],
])('never writes %s', (_, headers, detail) => {
  inContext(contextOf(requestWith(headers as Record<string, string>)), () => logError('storage failed', { detail }));
  expect(lines[0]).toContain('[secret]');
  expect(lines[0]).not.toMatch(/horse|battery|stores-own|c2VjcmV0|abc\.def|c2lnbmF0dXJl|AbCdEfGh|MfKQ9r8G|nWGxne_9/);
});
