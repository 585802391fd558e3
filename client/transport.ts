// Sends requests with the player's token: a token that the server refuses is renewed once; if the server asks to wait,
// the request is sent once more if there is time. Estimates the server's clock from its answers.

import { countBytes, KEEPALIVE_BYTES_MAX } from './batches.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { createOwnProblem, Problem, readProblem, readRetryAfter } from './problem.ts';
import { type ClockOffset, narrowOffset } from './server-clock.ts';
import { type GetToken, openTokenSource } from './tokens.ts';

const TIMEOUT_DEFAULT_MS = 10_000;
/** Spreads clients that were all told to come back at the same time. */
const JITTER_SHARE = 0.25;

export interface TransportOptions {
  /** The Worker's URL, without a path. */
  url: string;
  getToken: GetToken;
  /** For each call, repetitions included; 10,000 by default. */
  timeoutMs?: number;
  /** For tests. */
  fetch?: typeof fetch;
  /** For tests: epoch milliseconds. */
  now?: () => number;
}

export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}
export interface CallInit extends CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Lists are joined by commas; a comma within an entry is sent as `%2C`. */
  query?: object;
  /** Lets the request outlive the page, if it is small and few such requests are in flight. */
  keepalive?: boolean;
}

export interface Transport {
  /**
   * Resolves to the body: text if it is not JSON, undefined if there is none. Rejects with a Problem, or with the
   * signal's reason. Sends at once if a token is known: a page that closes does not wait.
   */
  call<T>(path: string, init?: CallInit): Promise<T>;
  /** The token in use, or else the first or a new one. */
  readToken(): Promise<string | undefined>;
  /** Bytes of bodies that may outlive the page, besides those in flight. */
  getKeepaliveRoom(): number;
  getClockOffset(): ClockOffset | undefined;
  /** Requests the server's time if no answer has shown it yet. */
  learnClockOffset(): Promise<ClockOffset | undefined>;
}

export function openTransport(options: TransportOptions): Transport {
  const { url, getToken, timeoutMs: timeoutDefaultMs = TIMEOUT_DEFAULT_MS, now = Date.now } = options;
  const tokens = openTokenSource(getToken, timeoutDefaultMs);
  let offset: ClockOffset | undefined;
  let keepaliveRoom = KEEPALIVE_BYTES_MAX;

  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const sentAt = now();
    const response = await (options.fetch ?? fetch)(url + path, init);
    // The browser may have kept this answer, and its date, since an earlier request.
    const mayBeOld = /max-age/i.test(response.headers.get('cache-control') ?? '');
    if (!mayBeOld) offset = narrowOffset(offset, response.headers.get('date'), sentAt, now());
    return response;
  };
  const requestWithToken = async (path: string, init: RequestInit, deadline: Deadline): Promise<Response> => {
    const sendWith = (token: string | undefined) => request(path, addToken(init, token));
    const token = tokens.get() ?? (await deadline.race(tokens.renew()));
    const response = await sendWith(token);
    if (token === undefined || !isTokenRefused(response)) return response;
    const fresh = await deadline.race(tokens.renew(token));
    return fresh === undefined ? response : sendWith(fresh);
  };
  const requestInTime = async (path: string, init: RequestInit, deadline: Deadline): Promise<Response> => {
    const response = await requestWithToken(path, init, deadline);
    const waitMs = decideWait(response, deadline.getRestMs());
    if (waitMs === undefined) return response;
    await deadline.race(new Promise((resolve) => setTimeout(resolve, waitMs)));
    return requestWithToken(path, init, deadline);
  };

  return {
    async call<T>(path: string, init: CallInit = {}) {
      const deadline = startDeadline(init.timeoutMs ?? timeoutDefaultMs, init.signal);
      const { method = 'GET' } = init;
      const body = init.body === undefined ? undefined : JSON.stringify(init.body);
      const bytes = countBytes(body ?? '');
      const keepalive = init.keepalive && bytes <= keepaliveRoom;
      if (keepalive) keepaliveRoom -= bytes;
      try {
        const request = { method, body, keepalive, signal: deadline.signal };
        const response = await requestInTime(path + formatQuery(init.query), request, deadline);
        if (!response.ok) throw await readProblem(response);
        return (await readBody(response)) as T;
      } catch (error) {
        if (error instanceof Problem) throw error;
        if (init.signal?.aborted) throw init.signal.reason;
        throw deadline.signal.aborted
          ? createOwnProblem('timeout', 'The server did not answer in time.')
          : createOwnProblem('network', isOffline() ? 'You are offline.' : 'The server does not answer.', error);
      } finally {
        if (keepalive) keepaliveRoom += bytes;
      }
    },
    readToken: async () => tokens.get() ?? tokens.renew(),
    getKeepaliveRoom: () => keepaliveRoom,
    getClockOffset: () => offset,
    async learnClockOffset() {
      const signal = AbortSignal.timeout(timeoutDefaultMs);
      if (offset === undefined) await request('/health', { signal }).catch(() => {});
      return offset;
    },
  };
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  return /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
}

const addToken = (init: RequestInit, token: string | undefined): RequestInit => ({
  ...init,
  headers: {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(init.body !== undefined && { 'content-type': 'application/json' }),
  },
});

/** A request counts against its address only if the server knows no player by its token. */
const isTokenRefused = ({ status, headers }: Response): boolean =>
  status === 401 || (status === 429 && /^"address"/.test(headers.get('ratelimit') ?? ''));

const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/** Undefined if the server does not ask to wait, or asks for more time than is left. */
function decideWait({ status, headers }: Response, restMs: number): number | undefined {
  const askedMs = status === 429 || status === 503 ? readRetryAfter(headers) : undefined;
  const waitMs = askedMs && askedMs * (1 + JITTER_SHARE * Math.random());
  return waitMs === undefined || waitMs >= restMs ? undefined : waitMs;
}

function formatQuery(query: object = {}): string {
  const texts = Object.entries(query).map(([name, value]) => [name, formatValue(value)]);
  const given = texts.filter(([, text]) => text !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function formatValue(value: unknown): string {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.map((one) => String(one).replaceAll(',', '%2C')).join() : String(value);
}
