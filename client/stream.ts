// Listens to a player's stream and reconnects when it is cut off; the server then repeats what was missed.

import type { Notice } from './types.ts';

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** A connection that has died in silence is noticed within twice this time. */
const PING_MS = 30_000;

export interface StreamOptions {
  /** The WebSocket's address; the server first repeats the notices after the given id. */
  addressOf: (after: number | undefined) => string;
  readToken: () => Promise<string | undefined>;
  /** Called when a connection could not be opened, which does not tell why: renews a token that has ended. */
  check: () => Promise<unknown>;
  onNotice: (notice: Notice) => void;
  /** Id of the last notice of an earlier stream. */
  after?: number;
}

/** Returns `stop`. */
export function listen({ addressOf, readToken, check, onNotice, after }: StreamOptions): () => void {
  let delayMs = RETRY_MIN_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  let isStopped = false;
  const retry = () => {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(connect, delayMs * (1 - Math.random() / 2));
    delayMs = Math.min(2 * delayMs, RETRY_MAX_MS);
  };
  const connect = async (): Promise<void> => {
    const token = await readToken().catch(() => undefined);
    if (token === undefined || isStopped) return retry();
    const opening = new WebSocket(addressOf(after), ['bloodstream', `bearer.${encodeBase64Url(token)}`]);
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
      if (!isStopped && !isOpen) await check().catch(() => {});
      retry();
    };
    opening.addEventListener('open', () => {
      isOpen = true;
      delayMs = RETRY_MIN_MS;
    });
    opening.addEventListener('message', ({ data }) => {
      hasAnswered = true;
      if (data === 'pong') return;
      const notice = JSON.parse(data) as Notice;
      after = notice.id;
      onNotice(notice);
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
