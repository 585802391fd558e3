// Attacks on servers that do not withstand them: each must be a breach.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Attempts, runAttack, type Target } from '../target/attack.ts';
import { Client } from '../target/client.ts';
import { subtractHeld } from '../target/leftovers.ts';
import { overload } from './overload.ts';
import { streams as streamAttack } from './streams.ts';
import { judgeLeftovers } from './unknown-ids.ts';

test('an overload that sheds nothing is a breach', async () => {
  const results = Array.from({ length: 20 }, () => ({ status: 'duplicate' }));
  const answers = { GET: [200, '{"degraded":[]}'], POST: [202, JSON.stringify({ results })] } as const;
  const server = createServer((request, response) => {
    const [status, text] = answers[request.method as keyof typeof answers];
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const target = { server: { workerPort: port }, secrets: { keys: {} } } as Target;
  const { breaches } = await runAttack(overload, target);
  server.close();
  expect(breaches).toEqual(['no gallery came from a cheaper rung because of the overload', 'no ingest was refused']);
});

test('a stream that goes on after its key is revoked is a breach', async () => {
  const streams: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': connected\n\n');
      streams.push(response);
      return;
    }
    if (request.url === '/v1/events') for (const stream of streams) stream.write('event: gallery.ready\ndata: {}\n\n');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"key":"k","keyId":"i"}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new Client((server.address() as AddressInfo).port, 1);
  const { breaches } = await runAttack(streamAttack, { client, secrets: { keys: {} } } as Target);
  client.close();
  server.close();
  expect(breaches).toEqual(['a notice came after the key was revoked', 'the stream is still open']);
});

test('an unknown id that leaves anything but slates, or more of them than the budget, is a breach', () => {
  const none = { days: 1, seen: 10, seenBytes: 100_000, logged: 10, loggedBytes: 100_000, shown: 10 };
  const before = {
    objects: new Map(),
    rows: new Map(),
    files: new Map([['statistics/current.json', 9]]),
    slates: none,
  };
  const files = new Map([...before.files, ['slate-batches/1-a.jsonl.gz', 700]] as const);
  const slates = { days: 1, seen: 310, seenBytes: 3_100_000, logged: 110, loggedBytes: 1_100_000, shown: 110 };
  const findBreaches = (now: Partial<Parameters<typeof subtractHeld>[0]> & { slates: typeof slates }) => {
    const attempts = new Attempts();
    judgeLeftovers(attempts, subtractHeld({ ...before, files, ...now }, before), now.slates);
    return attempts.breaches;
  };
  expect(subtractHeld({ ...before, files, slates }, before).slates).toEqual({ logged: 100, fileBytes: 700 });
  expect(findBreaches({ slates })).toEqual([]);
  expect(findBreaches({ slates, files: new Map([...files, ['galleries/nobody-1', 5]]) })).toEqual([
    'files in R2 were left: galleries/nobody-1',
  ]);
  expect(findBreaches({ slates, objects: new Map([['a', 8_192]]) })).toEqual(['1 objects were left']);
  expect(findBreaches({ slates: { ...slates, logged: 310, loggedBytes: 3_100_000 } })).toEqual([
    '3100000 bytes of slates were logged',
  ]);
  expect(findBreaches({ slates: { ...slates, shown: 111 } })).toEqual(['111 answers are remembered, 110 are logged']);
  expect(findBreaches({ slates: { ...slates, seen: 120, seenBytes: 1_200_000 } })).toEqual([
    'the slates did not exceed their budget, so it was not tested',
  ]);
});
