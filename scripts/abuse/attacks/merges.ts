// Taking over a player: merging another's player into one's own.

import type { Attack } from '../target/attack.ts';
import { createGuest, createKey, makeToken } from '../target/credentials.ts';

const THIEF = 'thief';
const OWNER = 'player-0002';
const OWNED_GAMES = 5;

export const merges: Attack = {
  name: 'a player cannot be taken away by a merge',
  async run({ client, secrets }, attempts) {
    const { admin, ingest, read, mint } = secrets.keys;
    const events = Array.from({ length: OWNED_GAMES }, (_, n) => ({
      id: `buy-${n}`,
      userId: OWNER,
      type: 'purchase',
      itemId: `game-0${n}`,
    }));
    await client.read('POST', '/v1/events', { bearer: ingest, json: { events } });
    const thiefs = await createGuest(client);
    const bearers = {
      'the ingest key': ingest,
      'the read key': read,
      'the mint key': mint,
      'a stored ingest key': (await createKey(client, admin, { scopes: ['ingest', 'read', 'mint'] })).key,
      'the thief’s token': await makeToken(secrets, THIEF),
      'a guest’s token': thiefs.token,
    };
    const ownerToken = await makeToken(secrets, OWNER);
    for (const [who, bearer] of Object.entries(bearers)) {
      const merge = async (into: string, json: object) => {
        const answer = await client.call('POST', `/v1/users/${into}/merge`, { bearer, json });
        attempts.expectStatus(answer, [400, 403], `${who} merges ${JSON.stringify(json).slice(0, 40)} into ${into}`);
      };
      await merge(THIEF, { from: OWNER });
      await merge('me', { from: OWNER });
      // An account's token is not a guest's token.
      await merge(THIEF, { guestToken: ownerToken });
      await merge(THIEF, { guestToken: `${ownerToken.slice(0, -4)}AAAA` });
      await merge(OWNER, { from: OWNER });
    }
    // A guest can be merged only into the player whose token is sent with the guest's.
    const intoOwner = await client.call('POST', `/v1/users/${OWNER}/merge`, {
      bearer: bearers['the thief’s token'],
      json: { guestToken: thiefs.token },
    });
    attempts.expectStatus(intoOwner, 403, 'the thief merges a guest into another player');
    const owned = async (userId: string) =>
      (await client.read<{ owned: string[] }>('GET', `/v1/users/${userId}/signals`, { bearer: read })).owned.length;
    attempts.expect((await owned(OWNER)) === OWNED_GAMES, `${OWNER} has lost games`);
    attempts.expect((await owned(THIEF)) === 0, 'the thief owns games');
    return `${OWNER} still owns ${await owned(OWNER)} games, the thief ${await owned(THIEF)}`;
  },
};
