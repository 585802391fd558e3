// Bodies that are too large, too deep, not JSON, or decompression bombs.

import { deflateSync, gzipSync } from 'node:zlib';
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
    const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
      client.send({ method: 'POST', path: PATH, body, headers: { ...json, ...headers } });
    const nested = (open: string, close: string) => open.repeat(DEPTH) + close.repeat(DEPTH);
    const gzip = { 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(BOMB_MB * MB, ' '));
    const beforeMB = server.readWorkerMB();
    const refused: [what: string, answer: ReturnType<typeof post>, statuses: number | number[]][] = [
      ['10 MB', post('x'.repeat(10 * MB)), 413],
      ['10 MB of JSON', post(JSON.stringify({ events: ['x'.repeat(10 * MB)] })), 413],
      [`${BOMB_MB} MB in ${Math.round(bomb.length / 1024)} KB of gzip`, post(bomb, gzip), 413],
      ['the same as deflate', post(deflateSync(Buffer.alloc(BOMB_MB * MB)), { 'content-encoding': 'deflate' }), 413],
      ['gzip in gzip', post(gzipSync(bomb), gzip), 400],
      ['invalid gzip', post('{}', gzip), 400],
      ['half a gzip', post(bomb.subarray(0, 100), gzip), 400],
      ['an unknown encoding', post('{}', { 'content-encoding': 'br' }), 415],
      [`${DEPTH} nested arrays`, post(`{"events":${nested('[', ']')}}`), [400, 413]],
      [`${DEPTH} nested objects`, post(nested('{"a":', '}')), [400, 413]],
      ['invalid UTF-8', post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400],
      ['a lone surrogate', post('{"events":[{"id":"\\ud800","userId":"\\udfff","type":"click","itemId":"x"}]}'), 202],
      ['not JSON', post('events=1'), 400],
      ['an empty body', post(''), 400],
      ['null', post('null'), 400],
      ['__proto__', post('{"__proto__":{"events":[1]}}'), 400],
      ['101 events', post(JSON.stringify({ events: Array(101).fill({}) })), 400],
      ['a form', post('{"events":[{}]}', { 'content-type': 'text/plain' }), 415],
      ['no content type', post('{"events":[{}]}', { 'content-type': '' }), 415],
      ['UTF-16', post(Buffer.from('{"events":[{}]}', 'utf16le'), { 'content-type': 'application/json' }), 400],
    ];
    for (const [what, answer, statuses] of refused) attempts.expectStatus(await answer, statuses, what);
    const grownMB = server.readWorkerMB() - beforeMB;
    attempts.expect(grownMB < UNPACKED_MB_MAX, `the Worker has grown by ${grownMB} MB`);
    return `a ${BOMB_MB} MB bomb in ${Math.round(bomb.length / 1024)} KB: the Worker grew by ${grownMB} MB`;
  },
};
