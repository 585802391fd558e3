// 200 galleries and 200 ingests at once. Does not measure durations (`npm run bench -- overload` does).

import type { Gallery } from '../../../models/contracts/gallery.ts';
import type { Attack, Attempts, Target } from '../target/attack.ts';
import { type Answer, Client } from '../target/client.ts';

const AT_ONCE = 200;
const PLAYERS = 50;

export const overload: Attack = {
  name: '200 galleries and 200 ingests at once lose nothing',
  async run(target, attempts) {
    const client = new Client(target.server.workerPort, 2 * AT_ONCE);
    try {
      const burst = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) =>
          Promise.all([getGallery(client, target, n), ingest(client, target, n)]),
        ),
      );
      const galleries = burst.map(([gallery]) => gallery);
      const ingests = burst.map(([, answer]) => answer);
      judgeAnswers(attempts, galleries, ingests);
      judgeShedding(attempts, galleries, ingests);
      const acknowledged = ingests.flatMap(({ status }, n) => (status === 202 ? [n] : []));
      const lost = await countLost(client, target, acknowledged);
      attempts.expect(lost === 0, `${lost} acknowledged events are lost`);
      return describe(galleries, ingests, lost);
    } finally {
      client.close();
    }
  },
};

const getGallery = (client: Client, { secrets }: Target, n: number): Promise<Answer> =>
  client.call('GET', `/v1/users/crowd-${n % PLAYERS}/gallery`, { bearer: secrets.keys.read });

const ingest = (client: Client, { secrets }: Target, n: number): Promise<Answer> =>
  client.call('POST', '/v1/events', {
    bearer: secrets.keys.ingest,
    json: { events: [{ id: `crowd-${n}`, userId: `crowd-${n % PLAYERS}`, type: 'click', itemId: 'game-07' }] },
  });

function judgeAnswers(attempts: Attempts, galleries: readonly Answer[], ingests: readonly Answer[]): void {
  for (const gallery of galleries) attempts.expectStatus(gallery, 200, 'a gallery');
  for (const answer of ingests) {
    attempts.expectStatus(answer, [202, 503], 'an ingest');
    if (answer.status === 503) attempts.expect('retry-after' in answer.headers, 'a 503 without Retry-After');
  }
}

/** Otherwise the burst was none, or the Worker admits everything and all are late. */
function judgeShedding(attempts: Attempts, galleries: readonly Answer[], ingests: readonly Answer[]): void {
  attempts.expect(galleries.some(isShed), 'no gallery came from a cheaper rung because of the overload');
  attempts.expect(ingests.some(isRefused), 'no ingest was refused');
}

const isShed = ({ status, text }: Answer): boolean =>
  status === 200 && (JSON.parse(text) as Gallery).degraded.some(({ step }) => step === 'overload');

const isRefused = ({ status }: Answer): boolean => status === 503;

/** Sends the acknowledged events again: each must be a duplicate. */
async function countLost(client: Client, target: Target, acknowledged: readonly number[]): Promise<number> {
  let lost = 0;
  for (const n of acknowledged) {
    const { status, text } = await ingest(client, target, n);
    if (status !== 202 || !text.includes('"duplicate"')) lost++;
  }
  return lost;
}

function describe(galleries: readonly Answer[], ingests: readonly Answer[], lost: number): string {
  const shed = galleries.filter(isShed).length;
  const refused = ingests.filter(isRefused).length;
  return `${shed} galleries degraded by the overload, ${refused} ingests refused, ${lost} acknowledged events lost`;
}
