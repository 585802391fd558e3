// Clients that hang up.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../target/attack.ts';

const HANG_UPS = 60;
/** Wait after the last hang-up: the Worker's log needs a moment. */
const SETTLE_MS = 1_500;
const ALERT = /"alert"|Uncaught|uncaught|\[ERROR\]/;

export const hangUps: Attack = {
  name: 'a client that hangs up raises no alert',
  async run({ client, secrets, server }, attempts) {
    const before = countAlerts(server.readLog());
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
    });
    await Promise.all(calls);
    await sleep(SETTLE_MS);
    const alerts = countAlerts(server.readLog()) - before;
    attempts.count += HANG_UPS - 1;
    attempts.expect(alerts === 0, `${alerts} alerts: ${findAlerts(server.readLog()).at(-1)}`);
    attempts.expectStatus(await client.call('GET', '/health'), 200, 'health afterwards');
    return `${HANG_UPS} hang-ups, ${alerts} alerts`;
  },
};

export const findAlerts = (log: string): string[] => log.split('\n').filter((line) => ALERT.test(line));
const countAlerts = (log: string): number => findAlerts(log).length;
