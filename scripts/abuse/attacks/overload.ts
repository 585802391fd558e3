// 200 galleries and 200 ingests at once, compared with the same galleries one after another. Durations are reported,
// not checked: they depend on the machine.

import type { Attack, Attempts, Target } from '../target/attack.ts';
import { type Answer, Client } from '../target/client.ts';

const CALM = 60;
const AT_ONCE = 200;
const PLAYERS = 50;

export const overload: Attack = {
  name: '200 galleries and 200 ingests at once lose nothing',
  async run(target, attempts) {
    const client = new Client(target.server.workerPort, 2 * AT_ONCE);
    try {
      const calm: Answer[] = [];
      for (let n = 0; n < CALM; n++) calm.push(await getGallery(client, target, n));
      const burst = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) =>
          Promise.all([getGallery(client, target, n), ingest(client, target, n)]),
        ),
      );
      const galleries = burst.map(([gallery]) => gallery);
      const ingests = burst.map(([, answer]) => answer);
      judgeAnswers(attempts, [...calm, ...galleries], ingests);
      const acknowledged = ingests.flatMap(({ status }, n) => (status === 202 ? [n] : []));
      const lost = await countLost(client, target, acknowledged);
      attempts.expect(lost === 0, `${lost} acknowledged events are lost`);
      return describe(calm, galleries, ingests, lost);
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

/** Sends the acknowledged events again: each must be a duplicate. */
async function countLost(client: Client, target: Target, acknowledged: readonly number[]): Promise<number> {
  let lost = 0;
  for (const n of acknowledged) {
    const { status, text } = await ingest(client, target, n);
    if (status !== 202 || !text.includes('"duplicate"')) lost++;
  }
  return lost;
}

function describe(
  calm: readonly Answer[],
  galleries: readonly Answer[],
  ingests: readonly Answer[],
  lost: number,
): string {
  const [calm50, calm99] = [quantile(calm, 0.5), quantile(calm, 0.99)];
  const [burst50, burst99] = [quantile(galleries, 0.5), quantile(galleries, 0.99)];
  const degraded = galleries.filter(({ text }) => !text.includes('"degraded":[]')).length;
  const refused = ingests.filter(({ status }) => status === 503).length;
  return [
    `calm p50 ${calm50} ms, p99 ${calm99} ms; under load p50 ${burst50} ms, p99 ${burst99} ms`,
    `p99 ${(burst99 / calm99).toFixed(1)} times the calm p99`,
    `${degraded} galleries degraded, ${refused} ingests refused, ${lost} acknowledged events lost`,
  ].join('; ');
}

function quantile(answers: readonly Answer[], share: number): number {
  const sorted = answers.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}
