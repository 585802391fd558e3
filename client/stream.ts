// Listens to a player's stream and reconnects when it is cut off; the server then repeats what was missed. It stops
// when the server refuses the player's token and there is no other.

import { Problem } from './problem.ts';
import { computeBackoffMs } from './retry-timer.ts';
import type { ClockOffset } from './server-clock.ts';
import type { Notice } from './types.ts';

const RETRY_MAX_MS = 30_000;
/** A connection that died silently is noticed within twice this time; one must open within it. */
const PING_MS = 30_000;
/** The server's close code for a token that has ended. */
const POLICY_VIOLATION = 1008;

export interface StreamOptions {
  /** The WebSocket's URL; the server first repeats the notices after the given id. */
  addressOf: (after: number | undefined) => string;
  readToken: () => Promise<string | undefined>;
  /**
   * Called when a connection could not be opened, for an unknown reason, or was ended with the token: renews an expired
   * token. Rejects with a Problem.
   */
  check: () => Promise<unknown>;
  onNotice: (notice: Notice) => void;
  /** The server refuses the player's token, and there is no other: the stream has stopped. */
  onRefused?: ((problem: Problem) => void) | undefined;
  /** Id of the last notice of an earlier stream. */
  after?: number;
  /** Epoch milliseconds. */
  now: () => number;
  learnClockOffset: () => Promise<ClockOffset | undefined>;
}

/** Returns `stop`. */
export function listen({ after, onNotice, onRefused, ...options }: StreamOptions): () => void {
  const startedAt = options.now();
  let isFirst = true;
  /** The start on the server's clock, not later than it was. Undefined while unknown. */
  let servedSince: number | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  let isStopped = false;
  const retry = () => {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(connect, computeBackoffMs(failures++, RETRY_MAX_MS));
  };
  const checkAndRetry = async () => {
    try {
      await options.check();
    } catch (error) {
      if (!isStopped && isRefusal(error)) {
        isStopped = true;
        onRefused?.(error);
      }
    }
    retry();
  };
  const connect = async (): Promise<void> => {
    // Cut off before any notice: the server repeats all that it keeps, also those from before the start.
    const repeatsAll = !isFirst && after === undefined;
    isFirst = false;
    if (repeatsAll && servedSince === undefined) {
      const offset = await options.learnClockOffset();
      servedSince = offset && startedAt + offset.minMs;
    }
    let token: string | undefined;
    try {
      token = await options.readToken();
    } catch {
      return retry();
    }
    if (isStopped) return;
    if (token === undefined) return checkAndRetry();
    const opening = new WebSocket(options.addressOf(repeatsAll ? 0 : after), [
      'bloodstream',
      `bearer.${encodeBase64Url(token)}`,
    ]);
    socket = opening;
    let isOpen = false;
    let hasAnswered = false;
    const pings = setInterval(() => {
      if (!hasAnswered) return end();
      hasAnswered = false;
      opening.send('ping');
    }, PING_MS);
    let hasEnded = false;
    const end = ({ code }: { code?: number } = {}) => {
      if (hasEnded) return;
      hasEnded = true;
      clearInterval(pings);
      opening.close();
      if (isStopped) return;
      if (isOpen && code !== POLICY_VIOLATION) retry();
      else checkAndRetry();
    };
    opening.addEventListener('open', () => {
      isOpen = true;
      hasAnswered = true;
      failures = 0;
    });
    opening.addEventListener('message', ({ data }) => {
      hasAnswered = true;
      if (data === 'pong') return;
      const notice = JSON.parse(data) as Notice;
      after = notice.id;
      const isFromBefore = repeatsAll && servedSince !== undefined && Date.parse(notice.generatedAt) < servedSince;
      if (!isFromBefore) onNotice(notice);
    });
    opening.addEventListener('close', end);
  };
  connect();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    socket?.close();
  };
}

const isRefusal = (error: unknown): error is Problem =>
  error instanceof Problem && (error.status === 401 || error.status === 403);

const encodeBase64Url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
