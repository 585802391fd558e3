// URLs for the Worker to call that lead into private networks (SSRF): webhooks and issuers' keys, by IP address, by
// host name, and by redirect.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack, Target } from '../target/attack.ts';
import { makeToken } from '../target/credentials.ts';

const REFUSED = [
  'http://example.com/hook',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://[::1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[fd00::1]/',
  'https://localhost/',
  'https://localhost./',
  'https://LOCALHOST/',
  'https://ⓛocalhost/',
  'https://127。0。0。1/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://router.lan/',
  'https://intranet/',
  'https://user:password@example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/plain,x',
  'gopher://example.com/',
  '//example.com/',
  'https://',
];
/** Claims a public host: only on the developer's own machine is `localhost` allowed. */
const claimShop = (path: string) => ({ 'mf-original-url': `https://shop.example${path}` });
const DELIVERY_TIMEOUT_MS = 20_000;
const POLL_MS = 100;

export const webhooks: Attack = {
  name: 'webhooks and issuers do not lead into private networks',
  async run(target, attempts) {
    const { client, secrets } = target;
    const post = (path: string, json: object) =>
      client.call('POST', path, { bearer: secrets.keys.admin, json, headers: claimShop(path) });
    for (const url of REFUSED) {
      const webhook = await post('/v1/subscriptions', { url, events: ['gallery.ready'] });
      attempts.expectStatus(webhook, 400, `a webhook to ${url}`);
      const issuer = { issuer: 'https://id.example', jwksUrl: url, audience: 'x', prefix: 'x:' };
      attempts.expectStatus(await post('/v1/issuers', issuer), 400, `an issuer with keys at ${url}`);
    }
    const followed = await countFollowed(target);
    attempts.expect(followed.delivered > 0, 'the notification did not arrive, so the redirect was not tried');
    attempts.expect(followed.redirected === 0, `${followed.redirected} redirects were followed`);
    const { delivered, redirected } = followed;
    return `${REFUSED.length} addresses; ${delivered} deliveries answered by a redirect, ${redirected} followed`;
  },
};

const unsubscribe = ({ client, secrets }: Target, created: string) =>
  client.read('DELETE', `/v1/subscriptions/${(JSON.parse(created) as { subscriptionId: string }).subscriptionId}`, {
    bearer: secrets.keys.admin,
  });

/** Has a receiver on this machine, which the local server allows, answer with a redirect to a private address. */
async function countFollowed(target: Target): Promise<{ delivered: number; redirected: number }> {
  const hits = { delivered: 0, redirected: 0 };
  const receiver = createServer((request, response) => {
    if (request.url === '/inner') {
      hits.redirected++;
      response.end();
      return;
    }
    hits.delivered++;
    response.writeHead(307, { location: '/inner' }).end();
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = receiver.address() as AddressInfo;
    const { client, secrets } = target;
    const created = await client.call('POST', '/v1/subscriptions', {
      bearer: secrets.keys.admin,
      json: { url: `http://127.0.0.1:${port}/hook`, events: ['gallery.ready'] },
    });
    await notifyOnce(target);
    const deadline = Date.now() + DELIVERY_TIMEOUT_MS;
    while (hits.delivered === 0 && Date.now() < deadline) await sleep(POLL_MS);
    await sleep(5 * POLL_MS);
    await unsubscribe(target, created.text);
    return hits;
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
}

/** Causes `gallery.ready`: the player requests a gallery, then acts. */
async function notifyOnce({ client, secrets }: Target): Promise<void> {
  const bearer = await makeToken(secrets, 'subscriber');
  await client.read('GET', '/v1/users/me/gallery', { bearer });
  const events = [{ id: `play-${Date.now()}`, type: 'play', itemId: 'game-01' }];
  await client.read('POST', '/v1/events', { bearer, json: { events } });
  await client.read('GET', '/v1/users/me/gallery', { bearer });
}
