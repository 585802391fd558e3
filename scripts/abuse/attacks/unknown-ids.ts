// Requests for unknown ids: otherwise anybody could fill the store. The objects and D1 must keep nothing. R2 keeps the
// slates of galleries, as it does for everybody, because ranking learns from them how to serve new players; the day's
// budget for slates must hold (docs/decisions/0035).

import { setTimeout as sleep } from 'node:timers/promises';
import { MESSAGE_ANSWERS_MAX } from '../../../models/contracts/slate.ts';
import type { Attack, Attempts, Target } from '../target/attack.ts';
import { makeToken } from '../target/credentials.ts';
import { type Leftovers, measureHeld, readSlateCount, type SlateTotal, subtractHeld } from '../target/leftovers.ts';
import { SLATE_MB } from '../target/server.ts';

const IDS = 100;
const PATHS = ['gallery', 'recommendations', 'signals', 'preferences', 'search?q=game', 'stream', 'export'];
/** Further ids, whose galleries exceed the budget for slates: a slate of this catalogue has some 2.7 KB. */
const GALLERIES = 500;
const SETTLE_MS = 3_000;
const LOG_TIMEOUT_MS = 60_000;
const POLL_MS = 500;
const BUDGET_BYTES = SLATE_MB * 1e6;

export const unknownIds: Attack = {
  name: 'unknown ids leave nothing in objects and D1, and no more slates in R2 than the budget',
  async run(target, attempts) {
    const { state } = target.server;
    const before = measureHeld(state);
    await Promise.all(Array.from({ length: IDS }, (_, id) => requestOne(target, attempts, id)));
    await Promise.all(Array.from({ length: GALLERIES }, (_, id) => requestGallery(target, attempts, id)));
    await waitForSlates(state, before.slates.seen + GALLERIES);
    // The Worker's other work after its answers needs a moment.
    await sleep(SETTLE_MS);
    const now = measureHeld(state);
    const left = subtractHeld(now, before);
    judgeLeftovers(attempts, left, now.slates);
    return describe(left, now.slates);
  },
};

async function requestOne({ client, secrets }: Target, attempts: Attempts, id: number): Promise<void> {
  const userId = `nobody-${id}`;
  const path = PATHS[id % PATHS.length]!;
  // A search with a token is recorded, so its player is known.
  const isOwn = id % 2 === 0 && !path.startsWith('search');
  const answer = await client.call('GET', `/v1/users/${isOwn ? 'me' : userId}/${path}`, {
    bearer: isOwn ? await makeToken(secrets, userId) : secrets.keys.admin,
    ...(path === 'stream' && { headers: { accept: 'text/event-stream' } }),
  });
  attempts.expectStatus(answer, 200, path);
}

async function requestGallery({ client, secrets }: Target, attempts: Attempts, id: number): Promise<void> {
  const answer = await client.call('GET', `/v1/users/nobody-else-${id}/gallery`, { bearer: secrets.keys.read });
  attempts.expectStatus(answer, 200, 'gallery');
}

/** Returns once the log has seen so many slates, or after a minute. */
async function waitForSlates(state: string, count: number): Promise<void> {
  const deadline = Date.now() + LOG_TIMEOUT_MS;
  while (readSlateCount(state).seen < count && Date.now() < deadline) await sleep(POLL_MS);
}

/** `slates`: all of the run, since they share the budget. */
export function judgeLeftovers(attempts: Attempts, left: Leftovers, slates: SlateTotal): void {
  attempts.expect(left.objects === 0, `${left.objects} objects were left`);
  attempts.expect(left.rows.length === 0, `rows of D1 were left: ${left.rows.join(', ')}`);
  attempts.expect(left.files.length === 0, `files in R2 were left: ${left.files.join(', ')}`);
  // The consumer works out what is left of the budget for each message.
  const bytesMax = slates.days * BUDGET_BYTES + (MESSAGE_ANSWERS_MAX * slates.seenBytes) / Math.max(1, slates.seen);
  attempts.expect(slates.loggedBytes <= bytesMax, `${slates.loggedBytes} bytes of slates were logged`);
  attempts.expect(slates.shown <= slates.logged, `${slates.shown} answers are remembered, ${slates.logged} are logged`);
  attempts.expect(slates.seenBytes > bytesMax, 'the slates did not exceed their budget, so it was not tested');
}

function describe({ objects, rows, slates }: Leftovers, all: SlateTotal): string {
  const perId = Math.round(slates.fileBytes / Math.max(1, slates.logged));
  return (
    `${IDS + GALLERIES} ids leave ${objects} objects and ${rows.length} rows in D1; a logged gallery leaves ${perId} ` +
    `bytes in R2: ${all.logged} of ${all.seen} were logged, ${toMB(all.loggedBytes)} of ${toMB(all.seenBytes)} MB, ` +
    `with a budget of ${SLATE_MB} MB a day`
  );
}

const toMB = (bytes: number): string => (bytes / 1e6).toFixed(1);
