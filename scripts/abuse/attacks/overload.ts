// 200 galleries and 200 ingests at once. Does not measure durations (`npm run bench -- overload` does).

import type { Gallery } from '../../../models/contracts/gallery.ts';
import type { Attack, Attempts, Target } from '../target/attack.ts';
import { type Answer, Client } from '../target/client.ts';

const AT_ONCE = 200;
const PLAYERS = 50;
/** Each event has another player: such an ingest keeps its slot until all their objects have answered. */
const EVENTS_PER_INGEST = 20;
/** A busy machine may spread a burst so far that the Worker takes all of it; then another one follows. */
const BURSTS_MAX = 5;

interface Tally {
  bursts: number;
  /** Galleries that came from a cheaper rung because of the overload. */
  shed: number;
  /** Ingests that got 503. */
  refused: number;
  /** Acknowledged events that the Worker does not have. */
  lost: number;
}

export const overload: Attack = {
  name: '200 galleries and 200 ingests at once are shed and lose nothing',
  async run(target, attempts) {
    const client = new Client(target.server.workerPort, 2 * AT_ONCE);
    const tally: Tally = { bursts: 0, shed: 0, refused: 0, lost: 0 };
    try {
      while (tally.bursts < BURSTS_MAX && (tally.shed === 0 || tally.refused === 0))
        await sendBurst(client, target, attempts, tally);
    } finally {
      client.close();
    }
    attempts.expect(tally.lost === 0, `${tally.lost} acknowledged events are lost`);
    // Otherwise the Worker admits everything, and all of it is late.
    attempts.expect(tally.shed > 0, 'no gallery came from a cheaper rung because of the overload');
    attempts.expect(tally.refused > 0, 'no ingest was refused');
    return describe(tally);
  },
};

async function sendBurst(client: Client, target: Target, attempts: Attempts, tally: Tally): Promise<void> {
  const burst = tally.bursts++;
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, n) =>
      Promise.all([getGallery(client, target, n), ingest(client, target, burst, n)]),
    ),
  );
  const galleries = answers.map(([gallery]) => gallery);
  const ingests = answers.map(([, answer]) => answer);
  judgeAnswers(attempts, galleries, ingests);
  tally.shed += galleries.filter(isShed).length;
  tally.refused += ingests.filter(({ status }) => status === 503).length;
  const acknowledged = ingests.flatMap(({ status }, n) => (status === 202 ? [n] : []));
  tally.lost += await countLost(client, target, burst, acknowledged);
}

const getGallery = (client: Client, { secrets }: Target, n: number): Promise<Answer> =>
  client.call('GET', `/v1/users/crowd-${n % PLAYERS}/gallery`, { bearer: secrets.keys.read });

const ingest = (client: Client, { secrets }: Target, burst: number, n: number): Promise<Answer> =>
  client.call('POST', '/v1/events', {
    bearer: secrets.keys.ingest,
    json: {
      events: Array.from({ length: EVENTS_PER_INGEST }, (_, event) => ({
        id: `crowd-${burst}-${n}-${event}`,
        userId: `crowd-${(n + event) % PLAYERS}`,
        type: 'click',
        itemId: 'game-07',
      })),
    },
  });

function judgeAnswers(attempts: Attempts, galleries: readonly Answer[], ingests: readonly Answer[]): void {
  for (const gallery of galleries) attempts.expectStatus(gallery, 200, 'a gallery');
  for (const answer of ingests) {
    attempts.expectStatus(answer, [202, 503], 'an ingest');
    if (answer.status === 503) attempts.expect('retry-after' in answer.headers, 'a 503 without Retry-After');
  }
}

const isShed = ({ status, text }: Answer): boolean =>
  status === 200 && (JSON.parse(text) as Gallery).degraded.some(({ step }) => step === 'overload');

/** Sends the acknowledged events again: each must be a duplicate. */
async function countLost(
  client: Client,
  target: Target,
  burst: number,
  acknowledged: readonly number[],
): Promise<number> {
  let lost = 0;
  for (const n of acknowledged) {
    const { status, text } = await ingest(client, target, burst, n);
    const duplicates = status === 202 ? text.split('"duplicate"').length - 1 : 0;
    lost += EVENTS_PER_INGEST - duplicates;
  }
  return lost;
}

const describe = ({ bursts, shed, refused, lost }: Tally): string =>
  `${shed} galleries degraded by the overload, ${refused} ingests refused in ${bursts} ` +
  `${bursts === 1 ? 'burst' : 'bursts'}, ${lost} acknowledged events lost`;
