// Bodies that never end: a byte a second, so that the connection is never idle.

import { setTimeout as sleep } from 'node:timers/promises';
import { BODY_WAIT_MS } from '../../../workers/online/body.ts';
import type { Attack, Target } from '../target/attack.ts';

const CLIENTS = 20;
const BYTE_EVERY_MS = 1_000;
const DECLARED_BYTES = 10_000;
/** Generous: the machine may be busy. */
const CUT_WITHIN_MS = 3 * BODY_WAIT_MS;

export const slowBodies: Attack = {
  name: 'bodies that never end are cut',
  async run(target, attempts) {
    const outcomes = await Promise.all(Array.from({ length: CLIENTS }, () => drip(target)));
    for (const outcome of outcomes) attempts.expect(outcome !== undefined, 'a body was not cut');
    const statuses = [...new Set(outcomes)].map((status) => `${status}`);
    return `${CLIENTS} at once, cut with ${statuses.join(', ')}`;
  },
};

/** Sends a byte a second. Returns how the request ended: its status or “closed”; undefined if it did not. */
async function drip({ client, secrets }: Target): Promise<number | 'closed' | undefined> {
  let outcome: number | 'closed' | undefined;
  const request = client.open({
    method: 'POST',
    path: '/v1/events',
    headers: {
      authorization: `Bearer ${secrets.keys.ingest}`,
      'content-type': 'application/json',
      'content-length': String(DECLARED_BYTES),
    },
  });
  request.on('error', () => {
    outcome ??= 'closed';
  });
  request.on('response', ({ statusCode }) => {
    outcome = statusCode;
  });
  const deadline = Date.now() + CUT_WITHIN_MS;
  request.write('{');
  while (outcome === undefined && Date.now() < deadline) {
    await sleep(BYTE_EVERY_MS);
    if (outcome === undefined) request.write(' ');
  }
  request.destroy();
  return outcome;
}
