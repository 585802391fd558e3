// Clients that hang up.

import { setTimeout as sleep } from 'node:timers/promises';
import { findAlerts } from '../target/alerts.ts';
import type { Attack } from '../target/attack.ts';

const HANG_UPS = 60;
/** Wait after a hang-up: the Worker's log needs a moment. */
const SETTLE_MS = 1_500;

export const hangUps: Attack = {
  name: 'a client that hangs up raises no alert',
  async run({ client, secrets, server }, attempts) {
    const before = findAlerts(server.readLog()).length;
    const body = JSON.stringify({ events: [{ id: 'half', userId: 'hanger', type: 'click', itemId: 'game-01' }] });
    const calls = Array.from({ length: HANG_UPS }, async (_, n) => {
      const isPost = n % 2 === 0;
      const request = client.open({
        method: isPost ? 'POST' : 'GET',
        path: isPost ? '/v1/events' : '/v1/users/hanger/gallery',
        headers: {
          authorization: `Bearer ${secrets.keys.admin}`,
          'content-type': 'application/json',
          ...(isPost && { 'content-length': String(body.length) }),
        },
      });
      request.on('error', () => {});
      if (isPost) request.write(body.slice(0, n % 3 === 0 ? body.length : 10));
      else request.end();
      await sleep(n);
      request.destroy();
      await sleep(SETTLE_MS);
      attempts.expectStatus(await client.call('GET', '/health'), 200, 'health afterwards');
    });
    await Promise.all(calls);
    const alerts = findAlerts(server.readLog()).slice(before);
    attempts.expect(alerts.length === 0, `${alerts.length} alerts: ${alerts.at(-1)}`);
    return `${HANG_UPS} hang-ups, ${alerts.length} alerts`;
  },
};
