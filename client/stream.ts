// Listens to a player's stream and reconnects when it is cut off; the server then repeats what was missed.

import { computeBackoffMs } from './retry-timer.ts';
import type { ClockOffset } from './server-clock.ts';
import type { Notice } from './types.ts';

const RETRY_MAX_MS = 30_000;
/** A connection that died silently is noticed within twice this time. */
const PING_MS = 30_000;

export interface StreamOptions {
  /** The WebSocket's URL; the server first repeats the notices after the given id. */
  addressOf: (after: number | undefined) => string;
  readToken: () => Promise<string | undefined>;
  /** Called when a connection could not be opened, for an unknown reason: renews an expired token. */
  check: () => Promise<unknown>;
  onNotice: (notice: Notice) => void;
  /** Id of the last notice of an earlier stream. */
  after?: number;
  /** Epoch milliseconds. */
  now: () => number;
  learnClockOffset: () => Promise<ClockOffset | undefined>;
}

/** Returns `stop`. */
export function listen({ after, onNotice, ...options }: StreamOptions): () => void {
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
  const connect = async (): Promise<void> => {
    // Cut off before any notice: the server repeats all that it keeps, also those from before the start.
    const repeatsAll = !isFirst && after === undefined;
    isFirst = false;
    if (repeatsAll && servedSince === undefined) {
      const offset = await options.learnClockOffset();
      servedSince = offset && startedAt + offset.minMs;
    }
    const token = await options.readToken().catch(() => undefined);
    if (token === undefined || isStopped) return retry();
    const opening = new WebSocket(options.addressOf(repeatsAll ? 0 : after), [
      'bloodstream',
      `bearer.${encodeBase64Url(token)}`,
    ]);
    socket = opening;
    let isOpen = false;
    let hasAnswered = true;
    const pings = setInterval(() => {
      if (!hasAnswered) return end();
      if (!isOpen) return;
      hasAnswered = false;
      opening.send('ping');
    }, PING_MS);
    let hasEnded = false;
    const end = async () => {
      if (hasEnded) return;
      hasEnded = true;
      clearInterval(pings);
      opening.close();
      if (!isStopped && !isOpen) await options.check().catch(() => {});
      retry();
    };
    opening.addEventListener('open', () => {
      isOpen = true;
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

const encodeBase64Url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
