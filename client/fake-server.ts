// A server for unit tests, behind an injected fetch: answers as told, and records its requests.

import type { EventInput } from './types.ts';

export interface SentRequest {
  path: string;
  method: string;
  token: string | undefined;
  keepalive: boolean | undefined;
  events: EventInput[];
}
export type Answer = Response | Error | undefined;

/** Events are accepted unless `answer` returns another answer; an Error stands for a failing network. */
export function createFakeServer(answer: (request: SentRequest) => Answer = () => undefined) {
  const requests: SentRequest[] = [];
  const send: typeof fetch = async (input, init = {}) => {
    init.signal?.throwIfAborted();
    const request = {
      path: String(input).replace('http://server', ''),
      method: init.method ?? 'GET',
      token: new Headers(init.headers).get('authorization')?.replace('Bearer ', ''),
      keepalive: init.keepalive,
      events: (JSON.parse(String(init.body ?? '{}')).events ?? []) as EventInput[],
    };
    requests.push(request);
    const given = answer(request);
    if (given instanceof Error) throw given;
    const results = request.events.map(({ id }) => ({ id, status: 'accepted' }));
    return given ?? Response.json({ results });
  };
  return { requests, fetch: send };
}

export const refuse = (status: number, headers: Record<string, string> = {}): Response =>
  Response.json({ type: `/docs#problem-${status}`, title: `Refused with ${status}`, status }, { status, headers });
