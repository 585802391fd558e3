import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Exposure } from '../../models/contracts/experiment.ts';
import type { LoggedSlate, Slate, SlateMessage } from '../../models/contracts/slate.ts';
import type { MetricCount } from '../../models/contracts/system-metrics.ts';
import { makeSlate } from '../../tests/slate.ts';
import { insertErasedUsers, openUserHash } from '../storage/erased-users.ts';
import { readMetricSums } from '../storage/metric-counts.ts';
import { readShownAnswers } from '../storage/shown-answers.ts';
import { consumeSlates } from './slates-consumer.ts';

const HOUR = 480_000;
const RANGE = { from: HOUR * 3_600_000, to: (HOUR + 1) * 3_600_000 };
let messages = 0;
const message = (body: unknown, attempts = 1) => ({
  ...{ id: `m${messages++}`, timestamp: new Date(), attempts, body },
});
const toBody = (slate: Slate | null, ...counts: MetricCount[]): SlateMessage => ({
  ...{
    answers: slate === null ? [] : [{ slate }],
    counts: [...counts, { hour: HOUR, metric: 'events-accepted', labels: {}, amount: 2 }],
  },
});
const count = (tier: string, release = 'v1'): MetricCount => ({
  ...{ hour: HOUR, metric: 'answers', labels: { route: 'gallery', tier, release }, amount: 1 },
});

async function readBatches(): Promise<LoggedSlate[]> {
  const slates: LoggedSlate[] = [];
  const { objects } = await env.BUCKET.list({ prefix: 'slate-batches/' });
  for (const { key } of objects) {
    const { body } = (await env.BUCKET.get(key))!;
    const text = await new Response(body.pipeThrough(new DecompressionStream('gzip'))).text();
    for (const line of text.trim().split('\n')) slates.push(JSON.parse(line));
  }
  return slates;
}
type Bindings = Pick<Env, 'DB' | 'BUCKET' | 'SLATE_MB_PER_DAY'>;
const consume = (bodies: readonly unknown[], bindings: Bindings = env) =>
  deliver(
    bodies.map((body) => message(body)),
    bindings,
  );
async function deliver(delivered: ReturnType<typeof message>[], bindings: Bindings = env) {
  const batch = createMessageBatch('slates', delivered);
  await consumeSlates(batch, bindings);
  return getQueueResult(batch, createExecutionContext());
}
const readAnswers = async () => {
  const sums = await readMetricSums(env.DB, { ...RANGE, metrics: ['answers'], by: ['tier', 'release'] });
  return sums.map(({ labels: { tier, release }, value }) => [tier, release, value]);
};
const readAccepted = async () => (await readMetricSums(env.DB, { ...RANGE, metrics: ['events-accepted'] }))[0]?.value;
const readCount = () => env.DB.prepare('select sum(seen) as seen, sum(logged) as logged from slate_counts').first();

beforeEach(async () => {
  for (const table of ['slate_counts', 'metric_counts', 'shown_answers', 'dead_letters'])
    await env.DB.prepare(`delete from ${table}`).run();
  const { objects } = await env.BUCKET.list({ prefix: 'slate-batches/' });
  await env.BUCKET.delete(objects.map(({ key }) => key));
});

afterEach(() => {
  vi.useRealTimers();
});

it('writes slates to R2 and counts them; an invalid one becomes a dead letter', async () => {
  const slates = [makeSlate('r1', 'ann', 1_000), makeSlate('r2', 'ben', 2_000)];
  const bodies = slates.map((slate) => toBody(slate));
  expect((await consume([bodies[0], { nonsense: true }, bodies[1]])).explicitAcks).toHaveLength(3);
  expect(await readBatches()).toEqual(slates.map((slate) => ({ ...slate, samplingRate: 1 })));
  expect(await readCount()).toEqual({ seen: 2, logged: 2 });
  const letter = await env.DB.prepare('select reason from dead_letters').first<string>('reason');
  expect(letter).toMatch(/^not a slate/);
});

it('samples players beyond the budget of a day, with the probability in each slate', async () => {
  // The start of a day: what is left of it decides how much of the budget a slate may take.
  const day = 20_000;
  vi.useFakeTimers({ toFake: ['Date'], now: day * 86_400_000 });
  const slates: Slate[] = Array.from({ length: 4_000 }, (_, n) => makeSlate(`s${n}`, `player-${n >> 1}`, Date.now()));
  const bytes = slates.reduce((sum, slate) => sum + JSON.stringify(slate).length, 0);
  // Yesterday the same slates came, twenty times: a budget of as many bytes allows a twentieth.
  await env.DB.prepare('insert into slate_counts values (?1, 80000, ?2, 80000, ?2)')
    .bind(day - 1, 20 * bytes)
    .run();
  for (let from = 0; from < slates.length; from += 1_000)
    await consume(
      slates.slice(from, from + 1_000).map((slate) => toBody(slate)),
      { ...env, SLATE_MB_PER_DAY: String(Math.max(1, bytes / 1e6)) },
    );
  const logged = await readBatches();
  const rate = Math.max(1e6, bytes) / (20 * bytes);
  expect(logged.length / slates.length).toBeGreaterThan(rate / 2);
  expect(logged.length / slates.length).toBeLessThan(2 * rate);
  // Weighted by the inverse of their probabilities, the sample stands for all.
  const estimated = logged.reduce((sum, { samplingRate }) => sum + 1 / samplingRate, 0);
  expect(estimated / slates.length).toBeGreaterThan(0.7);
  expect(estimated / slates.length).toBeLessThan(1.3);
  // Both slates of a player or none.
  for (const [, own] of Map.groupBy(logged, ({ userId }) => userId)) expect(own).toHaveLength(2);
  expect(await readCount()).toEqual({ seen: 84_000, logged: 80_000 + logged.length });
  // Nor does D1 remember more of them for metrics.
  expect(await env.DB.prepare('select count(*) as n from shown_answers').first('n')).toBe(logged.length);
});

it('a batch larger than what is left of the budget exceeds it by little', async () => {
  // The end of a day, for which hardly any more slates are expected.
  vi.useFakeTimers({ toFake: ['Date'], now: 20_000.9999 * 86_400_000 });
  const slates = Array.from({ length: 400 }, (_, n) => makeSlate(`s${n}`, `player-${n}`, Date.now()));
  const left = 10 * Buffer.byteLength(JSON.stringify(slates[100]));
  await env.DB.prepare('insert into slate_counts values (20000, 1000, ?1, 1000, ?1)')
    .bind(1e6 - left)
    .run();
  await consume(
    slates.map((slate) => toBody(slate)),
    { ...env, SLATE_MB_PER_DAY: '1' },
  );
  const { length } = await readBatches();
  expect([length > 5, length <= 11]).toEqual([true, true]);
});

it('retries everything while slates cannot be written, and while the setting is wrong', async () => {
  const down = { put: () => Promise.reject(new Error('R2 is down')) } as unknown as R2Bucket;
  const broken = { ...env, SLATE_MB_PER_DAY: 'plenty' };
  for (const bindings of [{ ...env, BUCKET: down }, broken]) {
    const sent = message(toBody(makeSlate('r1', 'ann', 1), count('online')));
    const result = await deliver([sent], bindings);
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual([sent.id]);
  }
  expect(await readCount()).toEqual({ seen: null, logged: null });
  expect(await readAnswers()).toEqual([]);
});

it('counts a message once, however often and with whatever others it is delivered', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const [first, second, third] = ['r1', 'r2', 'r3'].map((id) =>
    message(toBody(makeSlate(id, 'ann', 1_000), count('online'), count('statistics', 'none'))),
  );
  await deliver([first!, second!]);
  expect(await readCount()).toEqual({ seen: 2, logged: 2 });
  const answers = await readAnswers();
  expect(answers.sort()).toEqual([
    ['online', 'v1', 2],
    ['statistics', 'none', 2],
  ]);
  for (const seconds of [5, 300, 840]) {
    vi.setSystemTime(first!.timestamp.getTime() + seconds * 1_000);
    // Soon even without a word that it is a repetition.
    const attempts = seconds === 5 ? 1 : 3;
    await deliver([second!, first!, first!].map((sent) => ({ ...sent, attempts })));
  }
  expect(await readCount()).toEqual({ seen: 2, logged: 2 });
  // One that D1 did not count because it failed is counted when it comes back.
  const down = {
    ...env,
    DB: {
      ...env.DB,
      prepare: () => {
        throw new Error('D1 is down');
      },
    } as unknown as D1Database,
  };
  expect((await deliver([third!], down)).retryMessages).toHaveLength(1);
  await deliver([second!, third!].map((sent) => ({ ...sent, attempts: 4 })));
  expect(await readCount()).toEqual({ seen: 3, logged: 3 });
  expect(await readAccepted()).toBe(6);
  expect((await readAnswers()).sort()).toEqual([
    ['online', 'v1', 3],
    ['statistics', 'none', 3],
  ]);
  // The messages of the batches are remembered for an hour.
  vi.setSystemTime(Date.now() + 3_700_000);
  await consume([toBody(null, count('batch'))]);
  expect(await env.DB.prepare('select count(*) as n from counted_batches').first('n')).toBe(1);
});

it('takes all answers of a message, or none', async () => {
  const slates = ['r1', 'r2', 'r3'].map((id, n) => makeSlate(id, `player-${n}`, 1_000));
  const sent = message({ answers: slates.map((slate) => ({ slate })), counts: [count('online')] });
  for (let round = 0; round < 2; round++) await deliver([sent]);
  expect((await readBatches()).map(({ recommendationId }) => recommendationId)).toEqual(
    ['r1', 'r2', 'r3'].concat(
      // A slate may be in the log twice; the snapshot has it once.
      ['r1', 'r2', 'r3'],
    ),
  );
  expect(await readCount()).toEqual({ seen: 3, logged: 3 });
  expect(await readAnswers()).toEqual([['online', 'v1', 1]]);
  await consume([{ answers: [{ slate: slates[0] }, { slate: { nonsense: true } }], counts: [count('online')] }]);
  expect(await readCount()).toEqual({ seen: 3, logged: 3 });
  expect(await env.DB.prepare('select count(*) as n from dead_letters').first('n')).toBe(1);
});

it('counts the answers of an erased player, and logs no slate', async () => {
  const shownAt = Date.now();
  await insertErasedUsers(env.DB, [(await openUserHash(env.DB))('eve')], shownAt).run();
  await consume([
    {
      answers: [{ slate: makeSlate('r1', 'eve', shownAt) }, { slate: makeSlate('r2', 'eve', shownAt + 1) }],
      counts: [count('online')],
    },
  ]);
  expect((await readBatches()).map(({ recommendationId }) => recommendationId)).toEqual(['r2']);
  expect(await readCount()).toEqual({ seen: 1, logged: 1 });
  expect(await readAnswers()).toEqual([['online', 'v1', 1]]);
});

it('counts an answer in its experiments, and keeps what metrics must know of it, without its player', async () => {
  const slate = makeSlate('r1', 'ann', HOUR * 3_600_000);
  const exposure: Exposure = {
    ...{ experimentId: 'bolder', variant: 'b', userId: 'ann', recommendationId: 'r1', at: slate.shownAt },
    ...{ isNewUser: false, degraded: false, isEmpty: false, failed: false, elapsedMs: 12 },
  };
  const sent = message({
    ...toBody(null),
    answers: [
      {
        slate,
        rows: [
          ['top-picks', 0],
          ['trending', 12],
        ],
        exposures: [exposure],
      },
    ],
  });
  for (let round = 0; round < 2; round++) await deliver([sent]);
  expect(await readMetricSums(env.DB, { ...RANGE, metrics: ['answers'], by: ['variant'] })).toEqual([
    { metric: 'answers', labels: { variant: 'bolder:b' }, value: 1 },
  ]);
  expect(await readShownAnswers(env.DB, ['r1', 'r2'])).toEqual(
    new Map([
      [
        'r1',
        {
          ...{ release: 'v1', country: 'CH', platform: null, variants: ['bolder:b'] },
          rows: [
            ['top-picks', 0],
            ['trending', 12],
          ],
        },
      ],
    ]),
  );
  const { results } = await env.DB.prepare('select * from shown_answers').all();
  expect(JSON.stringify(results)).not.toMatch(/ann|r1/);
});

it('keeps what metrics must know of an answer in an experiment that has no slate', async () => {
  const exposure: Exposure = {
    ...{ experimentId: 'bolder', variant: 'b', userId: 'ann', recommendationId: 'r1', at: HOUR * 3_600_000 },
    ...{ isNewUser: false, degraded: false, isEmpty: false, failed: false, elapsedMs: 12 },
  };
  const answer = { recommendationId: 'r1', shownAt: exposure.at, release: 'v1', country: 'CH', platform: 'web' };
  await deliver([message({ ...toBody(null), answers: [{ slate: null, answer, exposures: [exposure] }] })]);
  expect(await readShownAnswers(env.DB, ['r1'])).toEqual(
    new Map([['r1', { release: 'v1', country: 'CH', platform: 'web', variants: ['bolder:b'], rows: [] }]]),
  );
});

it('a message that is counted is acknowledged, even if the invalid one beside it cannot be stored', async () => {
  const { DB } = env;
  const prepare = vi.spyOn(DB, 'prepare').mockImplementation((sql) => {
    if (sql.includes('insert into dead_letters')) throw new Error('D1 is down');
    return Object.getPrototypeOf(DB).prepare.call(DB, sql);
  });
  const messages = [message(toBody(null, count('online'))), message({ nonsense: true })];
  try {
    const { explicitAcks, retryMessages } = await deliver(messages);
    expect(explicitAcks).toEqual([messages[0]!.id]);
    expect(retryMessages.map(({ msgId }) => msgId)).toEqual([messages[1]!.id]);
  } finally {
    prepare.mockRestore();
  }
});
