import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { findKey } from '../local/find-key.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../keys.ts');

async function run(args: string[], adminKey = 'admin') {
  const child = spawn(process.execPath, [SCRIPT, ...args], { env: { ...process.env, ADMIN_KEY: adminKey } });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, exitCode: child.exitCode };
}

/** Serves a Worker's answers without a Worker; tests/keys.e2e.test.ts uses a real one. */
async function serve(answer: (request: IncomingMessage, body: string) => [status: number, body?: object]) {
  const server = createServer(async (request, response) => {
    const [status, body] = answer(request, await text(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('sends what the flags say, and prints JSON alone with --json', async () => {
  const requests: unknown[] = [];
  const answered = {
    keyId: 'id',
    name: 'web demo',
    scopes: ['ingest', 'read'],
    createdAt: '2026-11-26T00:00:00.000Z',
    createdBy: 'ADMIN_KEY-1',
    expiresAt: null,
    origins: null,
    ratePerMinute: 600,
    key: 'bloodstream_id_secret',
  };
  const url = await serve((request, body) => {
    requests.push([request.method, request.url, request.headers.authorization, body && JSON.parse(body)]);
    return request.method === 'DELETE' ? [204] : [201, answered];
  });
  const flags = [
    '--expires',
    '2099-01-31',
    '--origins',
    'https://a.example,https://b.example',
    '--rate',
    '600',
    '--json',
  ];
  const created = await run(['create', 'web demo', '--scopes', 'read, ingest', '--url', url, ...flags]);
  expect(JSON.parse(created.stdout)).toEqual(answered);
  const revoked = await run(['revoke', 'a/b', '--url', url, '--json']);
  expect(JSON.parse(revoked.stdout)).toEqual({ revoked: 'a/b' });
  expect(requests).toEqual([
    [
      'POST',
      '/v1/keys',
      'Bearer admin',
      {
        name: 'web demo',
        scopes: ['read', 'ingest'],
        expiresAt: '2099-01-31T23:59:59.999Z',
        origins: ['https://a.example', 'https://b.example'],
        ratePerMinute: 600,
      },
    ],
    ['DELETE', '/v1/keys/a%2Fb', 'Bearer admin', ''],
  ]);
});

test('says what to do next if it fails', async () => {
  const nobody = await run(['list', '--url', 'http://127.0.0.1:1']);
  expect([nobody.exitCode, nobody.stdout]).toEqual([1, '']);
  expect(nobody.stderr).toMatch(/^keys: http:\/\/127\.0\.0\.1:1 does not answer .*npm start.*--url\n$/);
  const url = await serve(() => [401, { title: 'Missing or unknown key', detail: 'The key is unknown.' }]);
  expect((await run(['list', '--url', url])).stderr).toMatch(/The key is unknown\. Set ADMIN_KEY/);
  const wrong = await run(['create', 'x', '--scopes', 'all']);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('“all” is none of ingest, read')]);
});

test('sends the development key to this machine alone', () => {
  expect(findKey('https://recommender.example', 'given')).toBe('given');
  expect(() => findKey('https://recommender.example', '')).toThrow('ADMIN_KEY');
  expect(() => findKey('https://localhost.example', undefined)).toThrow('ADMIN_KEY');
});
