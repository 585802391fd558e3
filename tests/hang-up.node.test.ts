// Clients that hang up, over real connections to the bundle in workerd.

import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHarness } from 'wrangler';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { INGESTS_MAX } from '../workers/online/admission.ts';

const KEY = 'hang-up';
const harness = createTestHarness({
  root: PROJECT_DIR,
  workers: [{ configPath: path.join(PROJECT_DIR, 'wrangler.toml'), secrets: { ADMIN_KEY: KEY } }],
});
let server: URL;

beforeAll(async () => {
  server = (await harness.listen()).url;
  await harness.getWorker<Env>().applyD1Migrations('DB');
});
afterAll(() => harness.close());

const formatHead = (method: string, target: string, headers: string[] = []): string =>
  [
    `${method} ${target} HTTP/1.1`,
    `host: ${server.host}`,
    `authorization: Bearer ${KEY}`,
    'content-type: application/json',
    ...headers,
    '\r\n',
  ].join('\r\n');

/** Sends the text, and hangs up after a while without reading an answer. */
async function hangUp(text: string, afterMs: number): Promise<void> {
  const socket = net.connect(Number(server.port), server.hostname);
  // Hanging up may itself fail, if the server was first.
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  await sleep(afterMs);
  socket.destroy();
}

const postEvent = (id: string) =>
  fetch(new URL('/v1/events', server), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [{ id, userId: 'ann', type: 'search', query: 'x' }] }),
  });

test('a client that hangs up raises no alert and keeps nobody out', async () => {
  expect((await postEvent('before')).status).toBe(202);
  const whole = JSON.stringify({ events: [{ id: 'whole', userId: 'bob', type: 'search', query: 'x' }] });
  const unfinished = [
    formatHead('POST', '/v1/events', [`content-length: ${whole.length}`]) + whole.slice(0, 20),
    `${formatHead('POST', '/v1/events', ['transfer-encoding: chunked'])}b\r\n{"events":[\r\n`,
  ];
  // More than may be in flight.
  await Promise.all(Array.from({ length: 2 * INGESTS_MAX }, (_, index) => hangUp(unfinished[index % 2]!, 10 * index)));
  const answered = [
    formatHead('POST', '/v1/events', [`content-length: ${whole.length}`]) + whole,
    formatHead('GET', '/v1/users/ann/gallery'),
    formatHead('GET', '/v1/users/ann/export'),
    formatHead('GET', '/v1/users/ann/stream', ['accept: text/event-stream']),
  ];
  await Promise.all(answered.flatMap((text) => [0, 2, 5, 10, 20, 50].map((afterMs) => hangUp(text, afterMs))));

  // A slot is given back a second after a body began at the latest; a busy Worker notices it later.
  await expect.poll(async () => (await postEvent('after')).status).toBe(202);
  // wrangler logs itself that it cannot read on where a request was refused before its body was read.
  const alerts = harness.getLogs().filter(({ message }) => message.includes('"alert"'));
  expect(alerts).toEqual([]);
});
