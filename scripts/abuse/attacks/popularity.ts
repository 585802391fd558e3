// Made-up purchases: 2,000 of them in 20 requests must not make a game number one. It waits until the isolate serves
// the new statistics, up to 30 seconds.

import { setTimeout as sleep } from 'node:timers/promises';
import type { EventInput } from '../../../models/contracts/event.ts';
import { cronOf } from '../../../workers/storage/job-schedule.ts';
import type { Attack, Target } from '../target/attack.ts';
import { createGuest, makeToken } from '../target/credentials.ts';
import { readRows } from '../target/leftovers.ts';
import { COUNTED_GAMES } from '../target/server.ts';
import { itemId } from '../target/store.ts';

const BUYERS = 30;
const REQUESTS = 20;
const EVENTS_PER_REQUEST = 100;
/** Half of the requests become guests, the other half buy. */
const GUESTS = REQUESTS / 2;
const LOG_TIMEOUT_MS = 60_000;
/** An isolate serves new statistics after 30 seconds at the latest; the rest is for a busy machine. */
const STATISTICS_TIMEOUT_MS = 60_000;
const POLL_MS = 250;
const STANDSTILL_MS = 5_000;

const BEST_SELLER = itemId(0);
const PUSHED_BY_TOKEN = itemId(50);
const PUSHED_BY_GUESTS = itemId(51);
const PUSHED_FOR_OTHERS = itemId(52);
/** Bought by one player only, who buys all of them. */
const COLLECTED = Array.from({ length: 2 * COUNTED_GAMES }, (_, n) => itemId(5 + n));

export const popularity: Attack = {
  name: '2,000 made-up purchases in 20 requests do not make a game number one',
  async run(target, attempts) {
    const { client, secrets } = target;
    const { ingest, read, mint } = secrets.keys;
    const send = (bearer: string, events: EventInput[]) =>
      client.call('POST', '/v1/events', { bearer, json: { events } });
    const buyers = Array.from({ length: BUYERS }, (_, player) => buy(`buyer-${player}`, BEST_SELLER, `b${player}`));
    attempts.expectStatus(await send(ingest, buyers), 202, 'the purchases of real players');

    const token = await makeToken(secrets, 'forger');
    const asOthers = (request: number) => list((n) => buy(`made-up-${request}-${n}`, PUSHED_FOR_OTHERS, `o${n}`));
    for (const bearer of [token, read, mint])
      attempts.expectStatus(await send(bearer, asOthers(0)), 403, 'purchases in the names of others');
    for (let request = 0; request < REQUESTS; request++) {
      const own = list((n) => buy(undefined, PUSHED_BY_TOKEN, `t${request}-${n}`));
      attempts.expectStatus(await send(token, own), [202, 429], 'a player’s purchases');
    }
    for (let guest = 0; guest < GUESTS; guest++) {
      const { token: guestToken } = await createGuest(client);
      const own = list((n) => buy(undefined, PUSHED_BY_GUESTS, `g${n}`));
      attempts.expectStatus(await send(guestToken, own), [202, 429], 'a guest’s purchases');
    }
    const collected = COLLECTED.map((item, n) => buy(undefined, item, `c${n}`));
    const collector = await makeToken(secrets, 'collector');
    attempts.expectStatus(await send(collector, collected), 202, 'a player who buys many games');
    return judge(target, attempts);
  },
};

const judge: Attack['run'] = async (target, attempts) => {
  const ranks = await rankItems(target);
  attempts.expect(ranks.get(BEST_SELLER) === 0, `the best seller has rank ${ranks.get(BEST_SELLER)}`);
  const forged = ranks.get(PUSHED_FOR_OTHERS);
  attempts.expect(forged === undefined, 'purchases in the names of others count');
  const counted = COLLECTED.filter((item) => ranks.has(item)).length;
  attempts.expect(counted === COUNTED_GAMES, `one player counts for ${counted} games in a day`);
  const describe = (item: string) => (ranks.has(item) ? `number ${ranks.get(item)! + 1}` : 'unranked');
  return [
    `a game that ${BUYERS} players bought is ${describe(BEST_SELLER)}`,
    `one that a token bought 2,000 times ${describe(PUSHED_BY_TOKEN)}`,
    `one that ${GUESTS} guests bought 1,000 times ${describe(PUSHED_BY_GUESTS)}`,
    `a player who bought ${COLLECTED.length} games in a day counts for ${counted}`,
  ].join(', ');
};

const list = (make: (n: number) => EventInput): EventInput[] =>
  Array.from({ length: EVENTS_PER_REQUEST }, (_, n) => make(n));

const buy = (userId: string | undefined, item: string, id: string): EventInput => ({
  ...(userId !== undefined && { userId }),
  id,
  type: 'purchase',
  itemId: item,
  value: 10,
});

/** Ranks of the items that the statistics count, once the log has all events and the isolate the statistics. */
async function rankItems({ client, server, secrets }: Target): Promise<Map<string, number>> {
  await waitForLog(server.state);
  await server.runCron(cronOf('refresh-statistics'));
  const deadline = Date.now() + STATISTICS_TIMEOUT_MS;
  for (;;) {
    const { items } = await client.read<{ items: { itemId: string; score: number }[] }>(
      'GET',
      '/v1/items/popular?n=100',
      { bearer: secrets.keys.read },
    );
    const counted = items.filter(({ score }) => score > 0);
    if (counted.length > 0 || Date.now() > deadline) return new Map(counted.map((item, rank) => [item.itemId, rank]));
    await sleep(POLL_MS);
  }
}

/** Waits until the log has not grown for STANDSTILL_MS. */
async function waitForLog(state: string): Promise<void> {
  const deadline = Date.now() + LOG_TIMEOUT_MS;
  let known = -1;
  let grownAt = Date.now();
  while (Date.now() < deadline) {
    const { events = 0 } = readRows(state);
    if (events !== known) grownAt = Date.now();
    known = events;
    if (events > BUYERS && Date.now() - grownAt > STANDSTILL_MS) return;
    await sleep(POLL_MS);
  }
  throw new Error('the log still grows');
}
