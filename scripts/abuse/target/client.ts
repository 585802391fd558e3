// Sends requests to the local server exactly as given: any path, any Host header, any bytes. Follows no redirects, and
// repeats no request that the server may have received.

import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http';

/** Much longer than any answer takes on a busy machine: a slower answer counts as a hang. */
export const ANSWER_TIMEOUT_MS = 90_000;
/** A stream does not end; its headers show whether it was opened. */
const STREAM = /^text\/event-stream\b/;

export interface OutgoingRequest {
  method: string;
  /** Includes the query, as it is sent over the wire. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | undefined;
}

export interface Call {
  bearer?: string | undefined;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Empty for an event stream. */
  text: string;
  durationMs: number;
}

export class Client {
  readonly port: number;
  readonly #agent: Agent;

  constructor(port: number, connections: number) {
    this.port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Throws if the connection breaks, or if there is no answer in time. */
  async send(outgoing: OutgoingRequest): Promise<Answer> {
    const startedAt = performance.now();
    for (;;) {
      const request = this.open(outgoing, this.#agent);
      try {
        const response = await this.#exchange(request, outgoing.body);
        return { ...(await readAnswer(response)), durationMs: performance.now() - startedAt };
      } catch (error) {
        // The server closed an idle connection just when it was used again.
        if (!request.reusedSocket || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      }
    }
  }

  /** Sends JSON with a bearer token or key. */
  call(method: string, path: string, { bearer, json, headers = {} }: Call = {}): Promise<Answer> {
    return this.send({
      method,
      path,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
  }

  /** Returns the JSON of a successful answer; throws for any other. For a run's preparations. */
  async read<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const { status, text } = await this.call(method, path, call);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Opens a request whose body the caller writes. */
  open({ method, path, headers = {}, body }: OutgoingRequest, agent: Agent | false = false): ClientRequest {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return open({
      host: '127.0.0.1',
      port: this.port,
      agent,
      method,
      path,
      setHost: false,
      headers: { host: `localhost:${this.port}`, ...length, ...headers },
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(request: ClientRequest, body: string | Uint8Array | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} seconds`)),
        ANSWER_TIMEOUT_MS,
      );
      request.once('error', reject).once('response', resolve);
      request.once('close', () => {
        clearTimeout(timer);
        reject(new Error('the connection was closed without an answer'));
      });
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Omit<Answer, 'durationMs'>> {
  const { statusCode: status = 0, headers } = response;
  if (STREAM.test(headers['content-type'] ?? '')) {
    response.destroy();
    return { status, headers, text: '' };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}
