// The open connections of one player: WebSockets, which survive hibernation, and server-sent events for clients without
// them. Recent notices are kept, so that a reconnecting client receives what it missed.

import { NOTICES_KEPT, type Notice } from '../../models/contracts/notice.ts';
import type { DocumentStore } from './documents.ts';

/** Per player, WebSockets and server-sent events together. */
const CONNECTIONS_MAX = 16;
/** Keeps proxies from closing idle connections. */
const HEARTBEAT_MS = 25_000;
export const SUBPROTOCOL = 'bloodstream';

export class Stream {
  readonly #ctx: DurableObjectState;
  readonly #documents: DocumentStore;
  readonly #readers = new Set<WritableStreamDefaultWriter<Uint8Array>>();

  constructor(ctx: DurableObjectState, documents: DocumentStore) {
    this.#ctx = ctx;
    this.#documents = documents;
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  get isOpen(): boolean {
    return this.#countConnections() > 0;
  }

  /** Opens a connection and replays the notices after `after`; status 429 beyond the limit. */
  open(request: Request): Response {
    if (this.#countConnections() >= CONNECTIONS_MAX) return new Response(null, { status: 429 });
    const missed = this.#missedSince(readAfter(request));
    return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? this.#openSocket(request, missed)
      : this.#openEvents(missed);
  }

  /** Sends a notice to all connections and keeps it for those that reconnect. */
  publish(content: Omit<Notice, 'id'>): void {
    const kept = this.#documents.read('notices') ?? [];
    const notice: Notice = { id: (kept.at(-1)?.id ?? 0) + 1, ...content };
    this.#documents.write('notices', [...kept, notice].slice(-NOTICES_KEPT));
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        socket.send(JSON.stringify(notice));
      } catch {
        // The socket is closing: the client receives the notice when it reconnects.
      }
    }
    for (const reader of this.#readers) this.#send(reader, asEvent(notice));
  }

  /** Closes all connections. */
  close(): void {
    for (const socket of this.#ctx.getWebSockets()) socket.close(1000, 'erased');
    for (const reader of this.#readers) reader.close().catch(() => {});
  }

  #countConnections(): number {
    return this.#ctx.getWebSockets().length + this.#readers.size;
  }

  #missedSince(after: number | undefined): Notice[] {
    return after === undefined ? [] : (this.#documents.read('notices') ?? []).filter(({ id }) => id > after);
  }

  #openSocket(request: Request, missed: readonly Notice[]): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    for (const notice of missed) server.send(JSON.stringify(notice));
    const offered = request.headers.get('sec-websocket-protocol')?.split(/,\s*/) ?? [];
    const headers = offered.includes(SUBPROTOCOL) ? { 'sec-websocket-protocol': SUBPROTOCOL } : undefined;
    return new Response(null, { status: 101, webSocket: client, ...(headers && { headers }) });
  }

  #openEvents(missed: readonly Notice[]): Response {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const reader = writable.getWriter();
    this.#readers.add(reader);
    this.#send(reader, ': connected\n\n');
    for (const notice of missed) this.#send(reader, asEvent(notice));
    const heartbeat = setInterval(() => this.#send(reader, ': still here\n\n'), HEARTBEAT_MS);
    const end = () => {
      clearInterval(heartbeat);
      this.#readers.delete(reader);
    };
    reader.closed.then(end, end);
    return new Response(readable, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  }

  #send(reader: WritableStreamDefaultWriter<Uint8Array>, text: string): void {
    // A closed reader is removed by `closed`.
    reader.write(new TextEncoder().encode(text)).catch(() => {});
  }
}

const asEvent = (notice: Notice): string =>
  `id: ${notice.id}\nevent: ${notice.type}\ndata: ${JSON.stringify(notice)}\n\n`;

/** Id of the last notice that the client has; undefined if it wants only new ones. */
function readAfter(request: Request): number | undefined {
  const after = new URL(request.url).searchParams.get('after') ?? request.headers.get('last-event-id');
  return after !== null && /^\d{1,15}$/.test(after) ? Number(after) : undefined;
}
