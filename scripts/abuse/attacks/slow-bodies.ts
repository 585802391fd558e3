// Bodies that never end: a byte a second, so that the connection is never idle. While many of them are opened, other
// requests must get in. Each must be cut in time and, if there are too many, the oldest at once.

import { setTimeout as sleep } from 'node:timers/promises';
import { INGESTS_MAX, SLOW_BODIES_MAX } from '../../../workers/online/admission.ts';
import { BODY_WAIT_MS } from '../../../workers/online/body.ts';
import type { Attack, Target } from '../target/attack.ts';
import { type Answer, Client } from '../target/client.ts';

const BODIES = 400;
/** 50 a second: if each kept its slot for a second, no slot would be free. */
const BODY_EVERY_MS = 20;
/** Pause between other requests, which are sent one after another, so that the Worker has a slot for each. */
const HONEST_EVERY_MS = 50;
const BYTE_EVERY_MS = 1_000;
const DECLARED_BYTES = 10_000;
/** Generous: the machine may be busy. */
const CUT_WITHIN_MS = 3 * BODY_WAIT_MS;
/**
 * A Worker that stands still for longer finds so many bodies at once that it refuses some, as it should. wrangler dev
 * holds such an answer back until the body ends, so it looks like a body that was not cut.
 */
const STANDSTILL_MS = 300;
const FLOODS_MAX = 5;

/** The Worker, called without wrangler's listener, which would delay bodies. */
type Victim = Pick<Target, 'client' | 'secrets'>;

export const slowBodies: Attack = {
  name: 'bodies that never end are cut, and keep nobody out',
  async run({ server, secrets }, attempts) {
    const client = new Client(server.workerPort, 1);
    const victim = { client, secrets };
    try {
      const { dripping, countEnded, seconds, honest } = await floodEvenly(victim);
      const refused = honest.filter(({ status }) => status !== 202).length;
      // Some may be refused: if the machine stalls, many bodies arrive at the same moment.
      attempts.expect(refused < honest.length / 2, `${refused} of ${honest.length} other requests refused`);
      // The Worker looks for bodies to cut when a request arrives; the requests that it cuts notice a moment later.
      attempts.expectStatus(await sendHonest(victim), 202, 'a new request');
      await sleep(BYTE_EVERY_MS);
      const open = BODIES - countEnded();
      attempts.expect(open <= INGESTS_MAX + SLOW_BODIES_MAX, `${open} slow bodies at once`);
      const outcomes = await Promise.all(dripping);
      for (const outcome of outcomes) attempts.expect(outcome !== 'open', 'a body was not cut');
      return (
        `${BODIES} begun, ${Math.round(BODIES / seconds)} a second; ${refused} of ${honest.length} other requests ` +
        `refused; ${open} open at once, cut with ${[...new Set(outcomes)].join(', ')}`
      );
    } finally {
      client.close();
    }
  },
};

/** Repeats a flood during which the Worker stood still, on a busy machine. */
async function floodEvenly(victim: Victim): ReturnType<typeof flood> {
  for (let repeated = 1; ; repeated++) {
    const flooded = await flood(victim);
    const slowestMs = Math.max(...flooded.honest.map(({ durationMs }) => durationMs));
    if (slowestMs < STANDSTILL_MS || repeated === FLOODS_MAX) return flooded;
    // Ends them all.
    await Promise.all(flooded.dripping);
  }
}

/** Opens all bodies, and sends other requests meanwhile. */
async function flood(victim: Victim) {
  const dripping: Promise<string>[] = [];
  let ended = 0;
  const honest: Answer[] = [];
  const startedAt = performance.now();
  const openAll = async () => {
    while (dripping.length < BODIES) {
      dripping.push(drip(victim).finally(() => ended++));
      await sleep(BODY_EVERY_MS);
    }
  };
  const sendOthers = async () => {
    // Begins once the bodies would take all slots.
    while (dripping.length < INGESTS_MAX) await sleep(BODY_EVERY_MS);
    while (dripping.length < BODIES) {
      honest.push(await sendHonest(victim));
      await sleep(HONEST_EVERY_MS);
    }
  };
  const others = sendOthers();
  await openAll();
  const seconds = (performance.now() - startedAt) / 1_000;
  await others;
  return { dripping, countEnded: () => ended, seconds, honest };
}

/** Sends an event that is rejected, so that it leaves nothing for another attack to count. */
const sendHonest = ({ client, secrets }: Victim): Promise<Answer> =>
  client.call('POST', '/v1/events', { bearer: secrets.keys.ingest, json: { events: [{ id: 'quick' }] } });

/** Sends a byte a second. Returns how the request ended: its status, “closed”, or “open” if it did not. */
async function drip({ client, secrets }: Victim): Promise<string> {
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
