// A key that calls more often than it may.

import type { Attack } from '../target/attack.ts';
import { createKey } from '../target/credentials.ts';

const RATE_PER_MINUTE = 20;
/** A minute may end during the calls, so at most twice the rate is answered. */
const CALLS = 4 * RATE_PER_MINUTE;

export const rates: Attack = {
  name: 'a caller cannot call more often than it may',
  async run({ client, secrets }, attempts) {
    const { admin } = secrets.keys;
    const { key, keyId } = await createKey(client, admin, { scopes: ['read'], ratePerMinute: RATE_PER_MINUTE });
    const answers = await Promise.all(
      Array.from({ length: CALLS }, () => client.call('GET', '/v1/items/new', { bearer: key })),
    );
    for (const answer of answers) {
      attempts.expectStatus(answer, [200, 429], 'a call');
      attempts.expect(answer.status === 200 || 'retry-after' in answer.headers, 'a 429 without Retry-After');
    }
    const answered = answers.filter(({ status }) => status === 200).length;
    attempts.expect(answered <= 2 * RATE_PER_MINUTE, `${answered} calls are answered`);
    attempts.expect(answered > 0, 'no call is answered');
    await client.read('DELETE', `/v1/keys/${keyId}`, { bearer: admin });
    return `${answered} of ${CALLS} calls answered with ${RATE_PER_MINUTE} a minute`;
  },
};
