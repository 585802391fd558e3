import { env, exports } from 'cloudflare:workers';
import * as zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { EVENTS_BODY_BYTES_MAX } from '../../models/contracts/event.ts';
import { readEventPage } from '../storage/events.ts';

type Answer = { title?: string; detail?: string; results: { id: string; status: string; reason?: string }[] };

async function post(body: BodyInit, headers: Record<string, string> = {}) {
  const response = await exports.default.fetch('http://edge/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin', ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const click = (id: string, fields: object = {}) => ({ id, userId: 'ann', type: 'click', itemId: 'x', ...fields });
const encode = (...events: object[]) => Buffer.from(JSON.stringify({ events }));

it('reads compressed bodies, within the limit of what they hold', async () => {
  const plain = encode(click('zipped'));
  const packers = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, identity: (bytes: Uint8Array) => bytes };
  for (const [encoding, pack] of Object.entries(packers)) {
    const { status, body } = await post(pack(plain), { 'content-encoding': encoding });
    expect([status, body.results[0]?.status], encoding).toEqual([202, encoding === 'gzip' ? 'accepted' : 'duplicate']);
  }
  // Compressed, 100 MB of spaces are below the limit.
  const bomb = zlib.gzipSync(Buffer.alloc(100_000_000, 0x20));
  expect(bomb.length).toBeLessThan(EVENTS_BODY_BYTES_MAX);
  expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  const justTooLarge = Buffer.alloc(EVENTS_BODY_BYTES_MAX + 1, 0x20);
  expect((await post(zlib.deflateSync(justTooLarge), { 'content-encoding': 'deflate' })).status).toBe(413);

  expect(await post(plain, { 'content-encoding': 'gzip' })).toMatchObject({
    status: 400,
    body: { detail: 'The body is not in its content-encoding.' },
  });
  expect((await post(zlib.gzipSync(plain).subarray(0, 30), { 'content-encoding': 'gzip' })).status).toBe(400);
  expect((await post(plain, { 'content-encoding': 'compress' })).status).toBe(415);
  expect((await post(plain, { 'content-encoding': 'gzip, gzip' })).status).toBe(415);
});

it('refuses bytes that are no UTF-8, which would make two players one', async () => {
  for (const byte of [0xe9, 0xea]) {
    const body = encode(click('latin', { userId: 'ren#' }));
    body[body.indexOf('#')] = byte;
    expect(await post(body)).toMatchObject({ status: 400, body: { detail: 'The body is not UTF-8.' } });
  }
  const log = await readEventPage(env.DB, 0, 100);
  expect(log.filter(({ userId }) => userId.startsWith('ren'))).toEqual([]);
});

it('takes null for an optional field as its absence, and for a required one as its lack', async () => {
  const nothing = { value: null, query: null, timestamp: null, recommendationId: null, position: null, context: null };
  const { status, body } = await post(
    encode(
      click('nulls', nothing),
      click('in-context', { context: { platform: 'linux', country: null, locale: null } }),
      click('no-item', { itemId: null }),
      { ...click('no-value'), type: 'rate', value: null },
    ),
  );
  expect(status).toBe(202);
  expect(body.results).toEqual([
    { id: 'nulls', status: 'accepted' },
    { id: 'in-context', status: 'accepted' },
    { id: 'no-item', status: 'rejected', reason: 'itemId: is required for click' },
    { id: 'no-value', status: 'rejected', reason: 'value: is required for rate' },
  ]);

  const change = (method: string, fields: object) =>
    exports.default.fetch('http://edge/v1/items/nulled', {
      method,
      headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
      body: JSON.stringify(fields),
    });
  expect((await change('PUT', { title: 'N', genres: null, hidden: null, price: null })).status).toBe(200);
  expect((await change('PUT', { title: null })).status).toBe(400);
  // A title cannot be emptied, and must not seem to be.
  expect((await change('PATCH', { title: null })).status).toBe(400);
  expect((await change('PATCH', { developer: null })).status).toBe(200);
});
