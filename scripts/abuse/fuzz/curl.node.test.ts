import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { formatCurl } from './curl.ts';
import type { FuzzedRequest } from './request.ts';

const request = (body: FuzzedRequest['body']): FuzzedRequest => ({
  operation: {} as never,
  credential: { name: 'read key', bearer: 'the-secret', placeholder: '$READ_KEY', scopes: ['read'] },
  method: 'POST',
  path: '/v1/../%00?x=1',
  headers: { 'content-type': 'application/json', 'x-quote': "it's" },
  body,
});

test('the command names a variable instead of the key', () => {
  const command = formatCurl(request(undefined), 'http://localhost:1');
  expect(command).toContain('-H "authorization: Bearer $READ_KEY"');
  expect(command).not.toContain('the-secret');
});

test('the shell words are the request’s texts', () => {
  const command = formatCurl(request("'{$x}`"), 'http://localhost:1').replace('curl', 'printf "%s\\n"');
  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8', env: { ...process.env, READ_KEY: 'k' } });
  expect(words.split('\n')).toEqual(
    ['--path-as-is', '-X', 'POST', '-H', 'authorization: Bearer k', '-H', 'content-type: application/json'].concat([
      '-H',
      "x-quote: it's",
      '--data-raw',
      "'{$x}`",
      'http://localhost:1/v1/../%00?x=1',
      '',
    ]),
  );
});
