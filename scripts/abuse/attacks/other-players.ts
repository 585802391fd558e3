// Reading or changing another player with a token, and any player without one.

import type { Attack } from '../target/attack.ts';
import { findCanaries } from '../target/store.ts';

const BODY = { genres: ['Strategy'], events: [{ id: 'x', type: 'click', itemId: 'game-01' }] };

export const otherPlayers: Attack = {
  name: 'a token opens its own player alone',
  async run({ client, credentials, operations, victims }, attempts) {
    const ofPlayers = operations
      .map((operation) => operation.split(' '))
      .filter(([, path]) => path!.includes('{userId}'));
    const strangers = credentials.filter(({ scopes }) => scopes.length === 0);
    const requests = strangers.flatMap(({ name, bearer, userId }) =>
      [victims.userIds[0]!, victims.guestId].flatMap((victim) =>
        ofPlayers.flatMap(([method, path]) =>
          [victim, encodeURIComponent(victim), `me/../${victim}`].map((id) => ({
            ...{ caller: name, bearer, method: method!, path: path!.replace('{userId}', id) },
            expected: userId === undefined ? [401, 404] : [403, 404],
          })),
        ),
      ),
    );
    const answers = await Promise.all(
      requests.map(async ({ caller, bearer, method, path, expected }) => {
        const answer = await client.call(method, path, { bearer, ...(method !== 'GET' && { json: BODY }) });
        attempts.expectStatus(answer, expected, `${caller}: ${method} ${path}`);
        return answer.text;
      }),
    );
    const seen = findCanaries(answers.join('\n'), victims.canaries).length;
    attempts.expect(seen === 0, `${seen} canaries were seen`);
    return `${seen} of ${victims.canaries.length} canaries seen by ${strangers.length} callers`;
  },
};
