// Bodies that are too large, too deep, not JSON, or decompression bombs.

import { deflateSync, gzipSync } from 'node:zlib';
import { EVENTS_BODY_BYTES_MAX } from '../../../models/contracts/event.ts';
import type { Attack } from '../target/attack.ts';

const PATH = '/v1/events';
const MB = 1024 * 1024;
const BOMB_MB = 64;
const DEPTH = 100_000;
const UNPACKED_MB_MAX = 200;

export const bodies: Attack = {
  name: 'huge, deep, compressed and broken bodies are refused',
  async run({ client, secrets, server }, attempts) {
    const json = { 'content-type': 'application/json', authorization: `Bearer ${secrets.keys.ingest}` };
    const post = (body: string | Uint8Array, headers?: Record<string, string>) =>
      client
        .send({ method: 'POST', path: PATH, body, headers: { ...json, ...headers } })
        .catch((error) => readRefusal(error, body));
    const nested = (open: string, close: string) => open.repeat(DEPTH) + close.repeat(DEPTH);
    const gzip = { 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(BOMB_MB * MB, ' '));
    const beforeMB = server.readWorkerMB();
    const sent: [
      what: string,
      body: string | Uint8Array,
      statuses: number | number[],
      headers?: Record<string, string>,
    ][] = [
      ['10 MB', 'x'.repeat(10 * MB), 413],
      ['10 MB of JSON', JSON.stringify({ events: ['x'.repeat(10 * MB)] }), 413],
      [`${BOMB_MB} MB in ${Math.round(bomb.length / 1024)} KB of gzip`, bomb, 413, gzip],
      ['the same as deflate', deflateSync(Buffer.alloc(BOMB_MB * MB)), 413, { 'content-encoding': 'deflate' }],
      ['gzip in gzip', gzipSync(bomb), 400, gzip],
      ['invalid gzip', '{}', 400, gzip],
      ['half a gzip', bomb.subarray(0, 100), 400, gzip],
      ['an unknown encoding', '{}', 415, { 'content-encoding': 'br' }],
      [`${DEPTH} nested arrays`, `{"events":${nested('[', ']')}}`, [400, 413]],
      [`${DEPTH} nested objects`, nested('{"a":', '}'), [400, 413]],
      ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400],
      ['a lone surrogate', '{"events":[{"id":"\\ud800","userId":"\\udfff","type":"click","itemId":"x"}]}', 202],
      ['not JSON', 'events=1', 400],
      ['an empty body', '', 400],
      ['null', 'null', 400],
      ['__proto__', '{"__proto__":{"events":[1]}}', 400],
      ['101 events', JSON.stringify({ events: Array(101).fill({}) }), 400],
      ['a form', '{"events":[{}]}', 415, { 'content-type': 'text/plain' }],
      ['no content type', '{"events":[{}]}', 415, { 'content-type': '' }],
      ['UTF-16', Buffer.from('{"events":[{}]}', 'utf16le'), 400, { 'content-type': 'application/json' }],
    ];
    const answers = await Promise.all(sent.map(([, body, , headers]) => post(body, headers)));
    for (const [index, [what, , statuses]] of sent.entries()) attempts.expectStatus(answers[index]!, statuses, what);
    attempts.expectStatus(await client.call('GET', '/health'), 200, 'health afterwards');
    const grownMB = server.readWorkerMB() - beforeMB;
    attempts.expect(grownMB < UNPACKED_MB_MAX, `the Worker has grown by ${grownMB} MB`);
    return `a ${BOMB_MB} MB bomb in ${Math.round(bomb.length / 1024)} KB: the Worker grew by ${grownMB} MB`;
  },
};

/**
 * Takes a connection closed during a large body for a refusal: the server may answer and close it before it has read
 * the body, and the client then sees no answer.
 */
function readRefusal(error: NodeJS.ErrnoException, body: string | Uint8Array): { status: number; text: string } {
  const isRefusal = body.length > EVENTS_BODY_BYTES_MAX && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
  if (!isRefusal) throw error;
  return { status: 413, text: error.message };
}
