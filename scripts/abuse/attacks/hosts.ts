// Headers that lie about a request's origin or destination: with them, a page from elsewhere could reach a server on
// this machine, also through a host name that suddenly resolves to it (DNS rebinding).

import type { Attack } from '../target/attack.ts';

const PRIVATE_PATHS = ['/v1/status', '/v1/keys', '/v1/users'];
const PATHS = [...PRIVATE_PATHS, '/local/key', '/.dev.vars', '/wrangler.json', '/health'];
const REFUSALS = [400, 401, 404];
const FOREIGN = 'evil.example';

export const hosts: Attack = {
  name: 'a spoofed host opens nothing',
  async run({ client, secrets, server }, attempts) {
    const lies: Record<string, string>[] = [
      {},
      { host: FOREIGN },
      { host: 'localhost' },
      { host: '127.0.0.1' },
      { 'mf-original-url': 'http://localhost/' },
      { 'mf-original-url': `http://localhost:${server.port}/local/key` },
      { 'mf-original-url': `https://${FOREIGN}/`, host: 'localhost' },
      { 'x-forwarded-host': 'localhost', 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1;host=localhost' },
      { 'cf-connecting-ip': '127.0.0.1' },
      { origin: `http://localhost:${server.port}`, referer: `http://localhost:${server.port}/` },
    ];
    const requests = lies.flatMap((headers) => PATHS.map((path) => ({ headers, path })));
    await Promise.all(
      requests.map(async ({ headers, path }) => {
        const { status, text } = await client.call('GET', path, { headers });
        const lie = JSON.stringify(headers);
        // wrangler uses MF-Original-URL as the request's URL, so another route may answer.
        attempts.expect(path === '/health' || REFUSALS.includes(status), `${path} with ${lie}: ${status}`);
        const secret = Object.values(secrets.keys).some((key) => text.includes(key));
        attempts.expect(!secret, `${path} shows a key with ${lie}`);
      }),
    );
    for (const path of PRIVATE_PATHS) {
      const answer = await client.call('GET', '/health', {
        headers: { 'mf-original-url': `http://localhost:${server.port}${path}` },
      });
      attempts.expectStatus(answer, 401, `/health that claims to be ${path}`);
    }
    return undefined;
  },
};
