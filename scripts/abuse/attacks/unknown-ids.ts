// Requests for unknown ids must leave nothing behind: otherwise anybody could fill the store.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../target/attack.ts';
import { makeToken } from '../target/credentials.ts';
import { measureHeld, subtractHeld } from '../target/leftovers.ts';

const IDS = 100;
const SETTLE_MS = 3_000;
const PATHS = ['gallery', 'recommendations', 'signals', 'preferences', 'search?q=game', 'stream', 'export'];
export const unknownIds: Attack = {
  name: 'an unknown id leaves nothing behind',
  async run({ client, secrets, server }, attempts) {
    const before = measureHeld(server.state);
    await Promise.all(
      Array.from({ length: IDS }, async (_, id) => {
        const userId = `nobody-${id}`;
        const path = PATHS[id % PATHS.length]!;
        // A search with a token is recorded, so its player is known.
        const isOwn = id % 2 === 0 && !path.startsWith('search');
        const answer = await client.call('GET', `/v1/users/${isOwn ? 'me' : userId}/${path}`, {
          bearer: isOwn ? await makeToken(secrets, userId) : secrets.keys.admin,
          ...(path === 'stream' && { headers: { accept: 'text/event-stream' } }),
        });
        attempts.expectStatus(answer, 200, path);
      }),
    );
    // The Worker's work after its answers needs a moment.
    await sleep(SETTLE_MS);
    const left = subtractHeld(measureHeld(server.state), before);
    attempts.expect(left.objects === 0, `${left.objects} objects were left`);
    attempts.expect(left.rows.length === 0, `rows of D1 were left: ${left.rows.join(', ')}`);
    return `${IDS} ids leave ${left.objects} objects (${left.bytes} bytes) and ${left.rows.length} rows in D1`;
  },
};
