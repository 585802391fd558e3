// Requests for ids that nobody knows must leave nothing behind: otherwise anybody could fill the store.

import type { Attack } from '../target/attack.ts';
import { makeToken } from '../target/credentials.ts';
import { measureHeld } from '../target/leftovers.ts';

const IDS = 100;
const PATHS = ['gallery', 'recommendations', 'signals', 'preferences', 'search?q=game', 'stream', 'export'];
export const unknownIds: Attack = {
  name: 'an id that nobody knows leaves nothing behind',
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
    const after = measureHeld(server.state);
    const objects = after.objects - before.objects;
    const rows = after.rows - before.rows;
    attempts.expect(objects === 0, `${objects} objects were left`);
    attempts.expect(rows === 0, `${rows} rows of D1 were left`);
    return `${IDS} requests leave ${objects} objects (${after.bytes - before.bytes} bytes) and ${rows} rows in D1`;
  },
};
