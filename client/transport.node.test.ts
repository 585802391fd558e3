import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Answer, createFakeServer, refuse, type SentRequest } from './fake-server.ts';
import { Problem } from './problem.ts';
import type { GetToken } from './tokens.ts';
import { openTransport, type TransportOptions } from './transport.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(answer: (request: SentRequest) => Answer, options: Partial<TransportOptions> = {}) {
  const server = createFakeServer(answer);
  const transport = openTransport({ url: 'http://server', getToken: () => 'first', fetch: server.fetch, ...options });
  return { ...transport, requests: server.requests };
}
/** Resolves to the rejection. */
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error) => error,
  );

it('a token that the server refuses is renewed once for all calls, and each call is repeated once', async () => {
  const getToken = vi.fn(async (refused?: string) => (refused === undefined ? 'first' : 'second'));
  const answer = ({ token }: SentRequest) => (token === 'second' ? undefined : refuse(401));
  const { call, requests } = open(answer, { getToken });
  await Promise.all([call('/a'), call('/b')]);
  await call('/c');
  expect(getToken.mock.calls).toEqual([[undefined], ['first']].map(([refused]) => [refused]));
  expect(requests.map(({ path, token }) => `${path} ${token}`).sort()).toEqual([
    '/a first',
    '/a second',
    '/b first',
    '/b second',
    '/c second',
  ]);
});

it('without another token, the call fails with the problem of the server, after one request', async () => {
  for (const getToken of [(refused?: string) => (refused ? undefined : 'only'), () => 'only']) {
    const { call, requests } = open(() => refuse(401), { getToken });
    expect(await failureOf(call('/a'))).toMatchObject({ status: 401, title: 'Refused with 401', isTemporary: true });
    expect(requests).toHaveLength(1);
  }
});

it('a callback that throws is a problem of the type “token”, and is called again by the next call', async () => {
  const fail = () => {
    throw new Error('login failed');
  };
  for (const failing of [fail, async () => fail()]) {
    const getToken = vi.fn<GetToken>().mockImplementationOnce(failing).mockResolvedValue('later');
    const { call, requests } = open(() => undefined, { getToken });
    const failure = await failureOf(call('/a'));
    expect(failure).toMatchObject({ status: 0, type: 'token', cause: new Error('login failed'), isTemporary: true });
    await call('/b');
    expect(requests.map(({ path, token }) => [path, token])).toEqual([['/b', 'later']]);
  }
});

it.each(['<html>\n<title>502</title>', 'tökén', ''])('what no header can hold (%j) is no token', async (page) => {
  const getToken = vi.fn<GetToken>().mockResolvedValueOnce(page).mockResolvedValue('later\n');
  const { call, requests } = open(() => undefined, { getToken });
  expect(await failureOf(call('/a'))).toMatchObject({ status: 0, type: 'token' });
  await call('/b');
  expect(requests.map(({ path, token }) => [path, token])).toEqual([['/b', 'later']]);
});

it.each([429, 503])('after %i with Retry-After, a call waits as long and is repeated once', async (status) => {
  const { call, requests } = open(() => (requests.length === 1 ? refuse(status, { 'retry-after': '2' }) : undefined));
  const calling = call('/a');
  await vi.advanceTimersByTimeAsync(1_999);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(501);
  await calling;
  expect(requests).toHaveLength(2);
});

it('a wait beyond the time-out is left to the caller, and a second refusal too', async () => {
  const { call, requests } = open(({ path }) => refuse(503, { 'retry-after': path === '/long' ? '60' : '1' }));
  expect(await failureOf(call('/long'))).toMatchObject({ status: 503, retryAfterMs: 60_000 });
  expect(requests).toHaveLength(1);
  const failure = failureOf(call('/short'));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await failure).toMatchObject({ status: 503, retryAfterMs: 1_000 });
  expect(requests).toHaveLength(3);
  // A date counts from the server's own clock.
  const dates = { 'retry-after': 'Thu, 26 Nov 2026 03:00:40 GMT', date: 'Thu, 26 Nov 2026 03:00:10 GMT' };
  const later = open(() => refuse(503, dates));
  expect(await failureOf(later.call('/a'))).toMatchObject({ retryAfterMs: 30_000 });
});

it('a call ends at its time-out with a problem, and when it is aborted with the reason', async () => {
  const hang: typeof fetch = (_, init) => {
    const { promise, reject } = Promise.withResolvers<Response>();
    const end = () => reject(init!.signal!.reason);
    if (init!.signal!.aborted) end();
    init!.signal!.addEventListener('abort', end);
    return promise;
  };
  const { call } = open(() => undefined, { fetch: hang });
  expect(await failureOf(call('/a', { timeoutMs: 50 }))).toMatchObject({ status: 0, type: 'timeout' });

  const controller = new AbortController();
  const aborted = failureOf(call('/a', { signal: controller.signal }));
  const reason = new Error('the player left');
  controller.abort(reason);
  expect(await aborted).toBe(reason);
  expect(await failureOf(call('/a', { signal: controller.signal }))).toBe(reason);
});

it('a callback that hangs holds no call up, nor the stream, and is called again', async () => {
  const getToken = vi.fn<GetToken>(() => new Promise(() => {}));
  const { call, readToken } = open(() => undefined, { getToken, timeoutMs: 70 });
  expect(await failureOf(call('/a'))).toMatchObject({ type: 'timeout' });
  expect(await failureOf(readToken())).toMatchObject({ type: 'timeout' });
  getToken.mockResolvedValue('later');
  await call('/b');
  expect(await readToken()).toBe('later');
});

it('a problem names what the server says, each invalid field too; a proxy’s page is a problem as well', async () => {
  const errors = [{ path: 'n', message: 'must be 100 or less' }];
  const body = { type: '/docs#problem-invalid-input', title: 'Invalid request', status: 400, errors };
  const { call } = open(({ path }) =>
    path === '/proxy' ? new Response('<html>', { status: 502 }) : Response.json(body, { status: 400 }),
  );
  const failure = (await failureOf(call('/a'))) as Problem;
  expect(failure).toBeInstanceOf(Problem);
  expect(failure).toMatchObject({ ...body, message: 'Invalid request · n: must be 100 or less', isTemporary: false });
  expect(await failureOf(call('/proxy'))).toMatchObject({ status: 502, title: 'The server answered 502' });
  const offline = open(() => new TypeError('failed to fetch'));
  expect(await failureOf(offline.call('/a'))).toMatchObject({ status: 0, type: 'network', isTemporary: true });
});

it('a query has what is given, lists joined by commas', async () => {
  const { call, requests } = open(() => undefined);
  await call('/a', { query: { n: 5, exclude: ['x', 'y,z'], genre: undefined, record: false } });
  await call('/b', { query: { exclude: [] } });
  expect(requests.map(({ path }) => path)).toEqual(['/a?n=5&exclude=x%2Cy%252Cz&record=false', '/b']);
});

it('a large body is not sent with keepalive, which browsers would refuse', async () => {
  const { call, requests } = open(() => undefined);
  for (const length of [60_000, 61_441])
    await call('/a', { method: 'POST', body: 'x'.repeat(length), keepalive: true });
  expect(requests.map(({ keepalive }) => keepalive)).toEqual([true, false]);
});

it('requests under way with keepalive have 60 KiB together, which browsers would refuse beyond 64', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const kept: boolean[] = [];
  const slow: typeof fetch = async (_, init) => {
    kept.push(init!.keepalive!);
    await answer;
    return Response.json({});
  };
  const { call, getKeepaliveRoom } = open(() => undefined, { fetch: slow, timeoutMs: 60_000 });
  const post = () => call('/a', { method: 'POST', body: 'x'.repeat(25_000), keepalive: true });
  const calls = [post(), post(), post()];
  await vi.advanceTimersByTimeAsync(0);
  expect(kept).toEqual([true, true, false]);
  expect(getKeepaliveRoom()).toBe(60 * 1024 - 2 * 25_002);
  resolve();
  await Promise.all(calls);
  await post();
  expect(kept.at(-1)).toBe(true);
  expect(getKeepaliveRoom()).toBe(60 * 1024);
});

it('the server’s time is not read from an answer that the browser may have kept', async () => {
  const now = Date.now();
  const headers = { date: new Date(now - 60_000).toUTCString(), 'cache-control': 'private, max-age=60' };
  const { call, getClockOffset } = open(({ path }) =>
    Response.json({}, { headers: path === '/kept' ? headers : { ...headers, 'cache-control': 'private, no-store' } }),
  );
  await call('/kept');
  expect(getClockOffset()).toBeUndefined();
  await call('/live');
  expect(getClockOffset()!.maxMs).toBeLessThanOrEqual(-59_000);
});

it('a token that the server counts by its address is renewed, as one that it refuses', async () => {
  const getToken = vi.fn(async (refused?: string) => (refused === undefined ? 'ended' : 'fresh'));
  const { call, requests } = open(
    ({ token }) =>
      token === 'fresh' ? undefined : refuse(429, { ratelimit: '"address";r=0;t=60', 'retry-after': '60' }),
    { getToken },
  );
  await call('/a');
  expect(requests.map(({ token }) => token)).toEqual(['ended', 'fresh']);
  const other = open(() => refuse(429, { ratelimit: '"player";r=0;t=60', 'retry-after': '60' }), { getToken });
  expect(await failureOf(other.call('/a'))).toMatchObject({ status: 429 });
  expect(other.requests).toHaveLength(1);
});

it('an answer is JSON, text, or nothing', async () => {
  const lines = '{"a":1}\n{"b":2}\n';
  const { call } = open(({ path }) => {
    if (path === '/none') return new Response(null, { status: 204 });
    const type = path === '/lines' ? 'application/x-ndjson' : 'application/json; charset=utf-8';
    return new Response(path === '/lines' ? lines : '{"a":1}', { headers: { 'content-type': type } });
  });
  expect([await call('/json'), await call('/lines'), await call('/none')]).toEqual([{ a: 1 }, lines, undefined]);
});
