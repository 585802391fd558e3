// The open connections of one player: WebSockets, which survive hibernation, and server-sent events for clients without
// them. Recent notices are kept, so that a reconnecting client receives what it missed. A connection receives no notice
// after its end, or once its key or issuer is gone. No timer looks for such connections: idle ones reveal nothing.

import {
  type Credential,
  parseStreamAccess,
  STREAM_ACCESS_HEADER,
  type StreamAccess,
} from '../../models/contracts/credential.ts';
import { NOTICES_KEPT, type Notice } from '../../models/contracts/notice.ts';
import type { CredentialState } from '../credentials/check-credential.ts';
import { type Connection, connectReader, connectSocket, type Reader } from './connection.ts';
import type { DocumentStore } from './documents.ts';

/** Per player, WebSockets and server-sent events together. */
const CONNECTIONS_MAX = 16;
/** Keeps proxies from closing idle connections. */
const HEARTBEAT_MS = 25_000;
/** Close codes of WebSockets. */
const NORMAL = 1000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
export const SUBPROTOCOL = 'bloodstream';

export class Stream {
  readonly #ctx: DurableObjectState;
  readonly #documents: DocumentStore;
  readonly #check: (credential: Credential) => Promise<CredentialState>;
  readonly #readers = new Map<Reader, Connection>();

  /** `check` decides whether a connection may go on. */
  constructor(
    ctx: DurableObjectState,
    documents: DocumentStore,
    check: (credential: Credential) => Promise<CredentialState>,
  ) {
    this.#ctx = ctx;
    this.#documents = documents;
    this.#check = check;
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  get isOpen(): boolean {
    return this.#ctx.getWebSockets().length + this.#readers.size > 0;
  }

  /** Opens a connection and replays the notices after `after`; status 429 beyond the limit. */
  async open(request: Request): Promise<Response> {
    if (this.#listOpen().length >= CONNECTIONS_MAX) await this.endRevoked();
    if (this.#listOpen().length >= CONNECTIONS_MAX) return new Response(null, { status: 429 });
    return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? this.#openSocket(request)
      : this.#openEvents(request);
  }

  /** Ends the connections that would be refused if they were opened now. */
  async endRevoked(): Promise<void> {
    await Promise.all(
      this.#listOpen().map(async ({ access, end }) => {
        const state = await this.#check(access.credential);
        if (state === 'revoked') end(POLICY_VIOLATION, 'the token or key is no longer valid');
        if (state === 'unread') end(TRY_AGAIN_LATER, 'the key cannot be checked at the moment');
      }),
    );
  }

  /**
   * Sends a notice to all connections and keeps it for those that reconnect. Call `endRevoked` shortly before: with an
   * await in here, a connection opened meanwhile would get the notice twice.
   */
  publish(content: Omit<Notice, 'id'>): void {
    const kept = this.#documents.read('notices') ?? [];
    const notice: Notice = { id: (kept.at(-1)?.id ?? 0) + 1, ...content };
    this.#documents.write('notices', [...kept, notice].slice(-NOTICES_KEPT));
    for (const { send } of this.#listOpen()) send(notice);
  }

  /** Closes all connections. */
  close(): void {
    for (const { end } of this.#listOpen()) end(NORMAL, 'erased');
  }

  /** Ends those whose time is over; until a socket's client has answered the close, the socket is still listed. */
  #listOpen(): Connection[] {
    const connections = [...this.#ctx.getWebSockets().map(connectSocket), ...this.#readers.values()];
    const isOver = ({ access }: Connection) => Date.now() >= access.endsAt;
    for (const { end } of connections.filter(isOver))
      end(POLICY_VIOLATION, 'the time of the token, key or connection is over');
    return connections.filter((connection) => !isOver(connection));
  }

  #listMissed(request: Request): Notice[] {
    const after = readAfter(request);
    return after === undefined ? [] : (this.#documents.read('notices') ?? []).filter(({ id }) => id > after);
  }

  #openSocket(request: Request): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    // The attachment survives hibernation.
    server.serializeAttachment(readAccess(request));
    const { send } = connectSocket(server);
    for (const notice of this.#listMissed(request)) send(notice);
    const offered = request.headers.get('sec-websocket-protocol')?.split(/,\s*/) ?? [];
    const headers = offered.includes(SUBPROTOCOL) ? { 'sec-websocket-protocol': SUBPROTOCOL } : undefined;
    return new Response(null, { status: 101, webSocket: client, ...(headers && { headers }) });
  }

  #openEvents(request: Request): Response {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const reader = writable.getWriter();
    const connection = connectReader(reader, readAccess(request));
    this.#readers.set(reader, connection);
    connection.comment('connected');
    for (const notice of this.#listMissed(request)) connection.send(notice);
    const heartbeat = setInterval(() => {
      if (this.#listOpen().includes(connection)) connection.comment('still here');
    }, HEARTBEAT_MS);
    const forget = () => {
      clearInterval(heartbeat);
      this.#readers.delete(reader);
    };
    reader.closed.then(forget, forget);
    return new Response(readable, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  }
}

const readAccess = (request: Request): StreamAccess => parseStreamAccess(request.headers.get(STREAM_ACCESS_HEADER));

/** Id of the last notice that the client has; undefined if it wants only new ones. */
function readAfter(request: Request): number | undefined {
  const after = new URL(request.url).searchParams.get('after') ?? request.headers.get('last-event-id');
  return after !== null && /^\d{1,15}$/.test(after) ? Number(after) : undefined;
}
