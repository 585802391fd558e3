// Unknown query parameters: a misspelt age limit must not count as none.

import type { Attack } from '../target/attack.ts';

const ODD = ['agelimit=7', 'AGELIMIT=7', '__proto__=1', 'constructor=1', 'n%00=1', '%ff=1', 'key=x'];

export const unknownParameters: Attack = {
  name: 'unknown query parameters are refused on every route',
  async run({ client, operations, secrets }, attempts) {
    const requests = operations.flatMap((operation) => ODD.map((query) => ({ operation, query })));
    await Promise.all(
      requests.map(async ({ operation, query }) => {
        const [method, path] = operation.split(' ') as [string, string];
        const named = path.replace('{userId}', 'victim-0').replace(/\{\w+\}/g, 'x');
        const answer = await client.call(method, `${named}?${query}`, {
          bearer: secrets.keys.admin,
          ...(method !== 'GET' && { json: {} }),
        });
        attempts.expectStatus(answer, 400, `${operation}?${query}`);
      }),
    );
    return `${operations.length} operations, ${ODD.length} parameters each`;
  },
};
