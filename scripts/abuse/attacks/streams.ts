// Streams that were open when their key was revoked: nothing of the player may come through them any more.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../target/attack.ts';
import type { Client } from '../target/client.ts';
import { createKey } from '../target/credentials.ts';

const PLAYER = 'watched';
/** A stream may open after the notice of an event: then the next event has another. */
const EVENTS_MAX = 20;
const POLLS_PER_EVENT = 30;
const POLL_MS = 100;

export const streams: Attack = {
  name: 'the open stream of a revoked key',
  async run({ client, secrets }, attempts) {
    const { admin, read, ingest } = secrets.keys;
    const leaked = await createKey(client, admin, { scopes: ['read'] });
    const open = [openStream(client, leaked.key), openStream(client, read)] as const;
    const [revoked, lasting] = open;
    try {
      let clicks = 0;
      /** Sends events until each of the streams has had a notice. */
      const notify = async (...streams: Stream[]) => {
        const before = streams.map(({ countNotices }) => countNotices());
        const isDone = () => streams.every(({ countNotices }, at) => countNotices() > before[at]!);
        for (let sent = 0; sent < EVENTS_MAX; sent++) {
          const event = { id: `watched-${clicks++}`, userId: PLAYER, type: 'click', itemId: 'any' };
          await client.read('POST', '/v1/events', { bearer: ingest, json: { events: [event] } });
          for (let poll = 0; poll < POLLS_PER_EVENT; poll++, await sleep(POLL_MS)) if (isDone()) return;
        }
        throw new Error('no notice came');
      };
      await notify(revoked, lasting);
      await client.read('DELETE', `/v1/keys/${leaked.keyId}`, { bearer: admin });
      const before = revoked.countNotices();
      await notify(lasting);
      await notify(lasting);
      attempts.expect(revoked.countNotices() === before, 'a notice came after the key was revoked');
      attempts.expect(revoked.hasEnded(), 'the stream is still open');
      attempts.expect(!lasting.hasEnded(), 'the stream of another key has ended');
    } finally {
      for (const { close } of open) close();
    }
    return undefined;
  },
};

interface Stream {
  countNotices(): number;
  hasEnded(): boolean;
  close(): void;
}

/** Server-sent events of the player. */
function openStream(client: Client, bearer: string): Stream {
  let received = '';
  let hasEnded = false;
  const request = client.open({
    method: 'GET',
    path: `/v1/users/${PLAYER}/stream`,
    headers: { authorization: `Bearer ${bearer}`, accept: 'text/event-stream' },
  });
  const end = () => {
    hasEnded = true;
  };
  request.on('error', end);
  request.on('response', (response) => {
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      received += text;
    });
    response.on('close', end);
  });
  request.end();
  return {
    countNotices: () => received.split('event: gallery.ready').length - 1,
    hasEnded: () => hasEnded,
    close: () => request.destroy(),
  };
}
