// Pages of other origins: a game may call with its token, and an unlisted page may not read a key's answers.

import type { Attack } from '../target/attack.ts';
import { createKey, makeToken, PLAYER } from '../target/credentials.ts';
import { LISTED_ORIGIN } from '../target/server.ts';

const GAME = 'https://game.example';
const UNLISTED = 'https://evil.example';
const PARAMETER = /\{\w+\}/g;

export const preflights: Attack = {
  name: 'preflights from a game’s origin succeed on every route',
  async run({ client, operations }, attempts) {
    for (const operation of operations) {
      const [method, path] = operation.split(' ') as [string, string];
      const answer = await client.send({
        method: 'OPTIONS',
        path: path.replace(PARAMETER, 'me'),
        headers: {
          origin: GAME,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      const { headers } = answer;
      attempts.expectStatus(answer, 204, `preflight of ${operation}`);
      attempts.expect(headers['access-control-allow-origin'] === GAME, `${operation}: the origin is not allowed`);
      attempts.expect(
        `${headers['access-control-allow-methods']}`.includes(method),
        `${operation}: the method is not allowed`,
      );
      const allowed = `${headers['access-control-allow-headers']}`;
      attempts.expect(
        /authorization/.test(allowed) && /content-type/.test(allowed),
        `${operation}: the headers are not allowed`,
      );
    }
    return `${operations.length} operations`;
  },
};

export const origins: Attack = {
  name: 'a page of an unlisted origin cannot read a key’s answers',
  async run({ client, secrets }, attempts) {
    const allowedTo = async (bearer: string, origin: string) =>
      (await client.call('GET', '/v1/items', { bearer, headers: { origin } })).headers['access-control-allow-origin'];
    const { admin, read } = secrets.keys;
    const bound = await createKey(client, admin, { scopes: ['read'], origins: [GAME] });
    const free = await createKey(client, admin, { scopes: ['read'] });
    for (const bearer of [admin, read, free.key])
      for (const origin of [UNLISTED, 'null', `${LISTED_ORIGIN}.evil.example`, LISTED_ORIGIN.replace('https', 'http')])
        attempts.expect((await allowedTo(bearer, origin)) === undefined, `a key’s answer is given to ${origin}`);
    attempts.expect((await allowedTo(read, LISTED_ORIGIN)) === LISTED_ORIGIN, 'the listed origin is refused');
    attempts.expect((await allowedTo(bound.key, GAME)) === GAME, 'an origin of the key is refused');
    const elsewhere = await client.call('GET', '/v1/items', { bearer: bound.key, headers: { origin: UNLISTED } });
    attempts.expectStatus(elsewhere, 403, 'a key of one origin, used from another');
    const token = await makeToken(secrets, PLAYER);
    const own = await client.call('GET', '/v1/users/me/signals', { bearer: token, headers: { origin: GAME } });
    attempts.expectStatus(own, 200, 'a token from a game’s origin');
    attempts.expect(own.headers['access-control-allow-origin'] === GAME, 'a game cannot read its own player');
    attempts.expect(own.headers['access-control-allow-credentials'] === undefined, 'cookies are allowed');
    return undefined;
  },
};
