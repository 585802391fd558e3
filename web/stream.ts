// Listens to a player's stream and reconnects when it is cut off. It does not act on the notices.

import type { Notice } from '../models/contracts/notice.ts';

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/** `open` connects; the server first repeats the notices after the given id. Returns `stop`. */
export function listen(open: (after: number | undefined) => WebSocket, onNotice: (notice: Notice) => void): () => void {
  let after: number | undefined;
  let delay = RETRY_MIN_MS;
  let timer: ReturnType<typeof setTimeout>;
  let stopped = false;
  let socket: WebSocket;
  const connect = () => {
    socket = open(after);
    socket.addEventListener('open', () => {
      delay = RETRY_MIN_MS;
    });
    socket.addEventListener('message', ({ data }) => {
      const notice = JSON.parse(data) as Notice;
      after = notice.id;
      onNotice(notice);
    });
    socket.addEventListener('close', () => {
      if (stopped) return;
      timer = setTimeout(connect, delay);
      delay = Math.min(2 * delay, RETRY_MAX_MS);
    });
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket.close();
  };
}
