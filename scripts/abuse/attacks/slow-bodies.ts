// Bodies that never end: a byte a second, so that the connection is never idle. Each must be cut in time; of too many,
// the oldest must be cut at once, and a new request must get in.

import { setTimeout as sleep } from 'node:timers/promises';
import { INGESTS_MAX, SLOW_BODIES_MAX } from '../../../workers/online/admission.ts';
import { BODY_WAIT_MS } from '../../../workers/online/body.ts';
import type { Attack, Target } from '../target/attack.ts';

/** Half more than the Worker keeps open. */
const CLIENTS = 1.5 * (INGESTS_MAX + SLOW_BODIES_MAX);
/** Few at a time: other attacks run meanwhile, and must find slots. */
const CLIENTS_PER_WAVE = 8;
const BYTE_EVERY_MS = 1_000;
const DECLARED_BYTES = 10_000;
/** Generous: the machine may be busy. */
const CUT_WITHIN_MS = 3 * BODY_WAIT_MS;

export const slowBodies: Attack = {
  name: 'bodies that never end are cut',
  async run(target, attempts) {
    const dripping: Promise<string>[] = [];
    let ended = 0;
    while (dripping.length < CLIENTS) {
      for (let n = 0; n < CLIENTS_PER_WAVE; n++) dripping.push(drip(target).finally(() => ended++));
      await sleep(BYTE_EVERY_MS);
    }
    const answer = await target.client.call('POST', '/v1/events', {
      bearer: target.secrets.keys.ingest,
      // The event is rejected, and leaves nothing that another attack could count.
      json: { events: [{ id: 'quick' }] },
    });
    attempts.expectStatus(answer, 202, 'a new request');
    // The Worker looks for bodies to cut when a request arrives, and each of them notices a moment later.
    await sleep(BYTE_EVERY_MS);
    const open = CLIENTS - ended;
    attempts.expect(open <= INGESTS_MAX + SLOW_BODIES_MAX, `${open} slow bodies at once`);
    const outcomes = await Promise.all(dripping);
    for (const outcome of outcomes) attempts.expect(outcome !== 'open', 'a body was not cut');
    return `${CLIENTS} begun, ${open} open at once, cut with ${[...new Set(outcomes)].join(', ')}`;
  },
};

/** Sends a byte a second. Returns how the request ended: its status, “closed”, or “open” if it did not. */
async function drip({ client, secrets }: Target): Promise<string> {
  let outcome = 'open';
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
    if (outcome === 'open') outcome = 'closed';
  });
  request.on('response', ({ statusCode }) => {
    outcome = String(statusCode);
  });
  const deadline = Date.now() + CUT_WITHIN_MS;
  request.write('{');
  while (outcome === 'open' && Date.now() < deadline) {
    await sleep(BYTE_EVERY_MS);
    if (outcome === 'open') request.write(' ');
  }
  request.destroy();
  return outcome;
}
