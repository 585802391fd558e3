// The open connections of one player: WebSockets, which survive hibernation, and server-sent events for clients without
// them. Recent notices are kept, so that a reconnecting client receives what it missed. A connection receives
// nothing after the end that workers/online gave it.

import { NOTICES_KEPT, type Notice, STREAM_ENDS_AT_HEADER } from '../../models/contracts/notice.ts';
import type { DocumentStore } from './documents.ts';

/** Per player, WebSockets and server-sent events together. */
const CONNECTIONS_MAX = 16;
/** Keeps proxies from closing idle connections. */
const HEARTBEAT_MS = 25_000;
/** Close code for a connection that has ended (RFC 6455). */
const POLICY_VIOLATION = 1008;
export const SUBPROTOCOL = 'bloodstream';

interface Attachment {
  /** Epoch milliseconds. */
  endsAt: number;
}

export class Stream {
  readonly #ctx: DurableObjectState;
  readonly #documents: DocumentStore;
  /** Each reader with the time at which it ends, in epoch milliseconds. */
  readonly #readers = new Map<WritableStreamDefaultWriter<Uint8Array>, number>();

  constructor(ctx: DurableObjectState, documents: DocumentStore) {
    this.#ctx = ctx;
    this.#documents = documents;
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  get isOpen(): boolean {
    return this.#ctx.getWebSockets().length + this.#readers.size > 0;
  }

  /** Opens a connection and replays the notices after `after`; status 429 beyond the limit. */
  open(request: Request): Response {
    // Ended ones do not count; until a socket's client has answered the close, the socket is still listed.
    const sockets = this.#ctx.getWebSockets();
    const ended = sockets.filter(hasEnded);
    for (const socket of ended) closeEnded(socket);
    if (sockets.length - ended.length + this.#readers.size >= CONNECTIONS_MAX)
      return new Response(null, { status: 429 });
    const missed = this.#missedSince(readAfter(request));
    const endsAt = Number(request.headers.get(STREAM_ENDS_AT_HEADER) ?? Number.POSITIVE_INFINITY);
    return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? this.#openSocket(request, missed, endsAt)
      : this.#openEvents(missed, endsAt);
  }

  /** Sends a notice to all connections and keeps it for those that reconnect. */
  publish(content: Omit<Notice, 'id'>): void {
    const kept = this.#documents.read('notices') ?? [];
    const notice: Notice = { id: (kept.at(-1)?.id ?? 0) + 1, ...content };
    this.#documents.write('notices', [...kept, notice].slice(-NOTICES_KEPT));
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        if (hasEnded(socket)) closeEnded(socket);
        else socket.send(JSON.stringify(notice));
      } catch {
        // The socket is closing: the client receives the notice when it reconnects.
      }
    }
    for (const reader of this.#readers.keys()) this.#send(reader, asEvent(notice));
  }

  /** Closes all connections. */
  close(): void {
    for (const socket of this.#ctx.getWebSockets()) socket.close(1000, 'erased');
    for (const reader of this.#readers.keys()) reader.close().catch(() => {});
  }

  #missedSince(after: number | undefined): Notice[] {
    return after === undefined ? [] : (this.#documents.read('notices') ?? []).filter(({ id }) => id > after);
  }

  #openSocket(request: Request, missed: readonly Notice[], endsAt: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    // The attachment survives hibernation.
    server.serializeAttachment({ endsAt } satisfies Attachment);
    for (const notice of missed) server.send(JSON.stringify(notice));
    const offered = request.headers.get('sec-websocket-protocol')?.split(/,\s*/) ?? [];
    const headers = offered.includes(SUBPROTOCOL) ? { 'sec-websocket-protocol': SUBPROTOCOL } : undefined;
    return new Response(null, { status: 101, webSocket: client, ...(headers && { headers }) });
  }

  #openEvents(missed: readonly Notice[], endsAt: number): Response {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const reader = writable.getWriter();
    this.#readers.set(reader, endsAt);
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
    const isOver = Date.now() >= (this.#readers.get(reader) ?? 0);
    // A closed reader is removed by `closed`.
    (isOver ? reader.close() : reader.write(new TextEncoder().encode(text))).catch(() => {});
  }
}

/** Connections opened by an earlier version have no attachment and do not end. */
function hasEnded(socket: WebSocket): boolean {
  const attachment: Attachment | null = socket.deserializeAttachment();
  return attachment !== null && Date.now() >= attachment.endsAt;
}

const closeEnded = (socket: WebSocket): void => socket.close(POLICY_VIOLATION, 'the token or key has expired');

const asEvent = (notice: Notice): string =>
  `id: ${notice.id}\nevent: ${notice.type}\ndata: ${JSON.stringify(notice)}\n\n`;

/** Id of the last notice that the client has; undefined if it wants only new ones. */
function readAfter(request: Request): number | undefined {
  const after = new URL(request.url).searchParams.get('after') ?? request.headers.get('last-event-id');
  return after !== null && /^\d{1,15}$/.test(after) ? Number(after) : undefined;
}
