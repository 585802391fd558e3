// Tests of counting and watching experiments: real queue messages, a real log, and what the job then does.

import { createMessageBatch } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { EventType } from '../../models/contracts/event.ts';
import { type Experiment, ExperimentInput, type Exposure } from '../../models/contracts/experiment.ts';
import type { RecordedAnswer, SlateMessage } from '../../models/contracts/slate.ts';
import { preferencesOfUser } from '../../models/experiments/preference.ts';
import { listMoments } from '../../models/experiments/tally.ts';
import type { UserTotals } from '../../models/experiments/user-totals.ts';
import { MomentSums } from '../../models/experiments/variant-moments.ts';
import { consumeSlates } from '../nearline/slates-consumer.ts';
import { openStores } from '../personal-data/stores.ts';
import { readErasureMark } from '../storage/erased-users.ts';
import { insertEvents } from '../storage/events.ts';
import { readDays, readPreferences, readShadows } from '../storage/experiment-results.ts';
import { readCursor, readExperimentUsers, readPageNumber, readTally, writePage } from '../storage/experiment-totals.ts';
import { readExperiment, writeExperiment } from '../storage/experiments.ts';
import { readPublishedState } from '../storage/published-state.ts';
import { watchExperiments } from './watch-experiments.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const EXPERIMENT: Experiment = {
  experimentId: 'bold',
  ...ExperimentInput.parse({
    hypothesis: 'Bolder picks are clicked more.',
    variants: [
      { id: 'control', share: 0.5 },
      { id: 'bold', share: 0.5, policy: 'retrieval' },
    ],
  }),
  state: 'running',
  startedAt: new Date(NOW).toISOString(),
  stoppedAt: null,
  stopReason: null,
  slice: { from: 0, to: 1 },
  stoppedVariants: [],
  namedRelease: null,
};

let sent = 0;
const expose = (userId: string, change: Partial<Exposure> = {}): Exposure => ({
  experimentId: 'bold',
  variant: 'control',
  userId,
  recommendationId: `r${sent}`,
  at: NOW,
  isNewUser: false,
  degraded: false,
  isEmpty: false,
  failed: false,
  elapsedMs: 4,
  ...change,
});
/** A message with one answer. */
const deliver = (
  { shadows, ...effects }: Partial<RecordedAnswer> & Pick<SlateMessage, 'shadows'>,
  id = `exposed-${sent++}`,
) =>
  consumeSlates(
    createMessageBatch('slates', [
      {
        ...{ id, timestamp: new Date(), attempts: 2 },
        body: { answers: [{ slate: null, ...effects }], counts: [], shadows },
      },
    ]),
    env,
  );
const act = (userId: string, types: readonly EventType[], change: object = {}) =>
  insertEvents(
    env.LOG_0,
    types.map((type) => ({
      id: `event-${sent++}`,
      userId,
      type,
      itemId: 'hades',
      value: type === 'play' ? 30 : null,
      query: null,
      timestamp: NOW + 1_000,
      receivedAt: NOW + 1_000,
      recommendationId: null,
      position: null,
      platform: null,
      country: null,
      locale: null,
      ...change,
    })),
  );
const readTotals = async (userId: string): Promise<UserTotals | undefined> =>
  (await readExperimentUsers(env.DB, [userId]))[0]?.totals;
const start = (change: Partial<Experiment> = {}) =>
  writeExperiment(env.DB, { ...EXPERIMENT, ...change }, undefined, 10, NOW);

beforeEach(async () => {
  const tables = ['experiments', 'exposures', 'experiment_users', 'experiment_days', 'experiment_cursors', 'events'];
  for (const table of tables) await env.DB.prepare(`delete from ${table}`).run();
});

test('without experiments the job does nothing', async () => {
  expect(await watchExperiments(env, NOW)).toBe(0);
});

test('a player’s events count from the exposure on, those before apart, each once', async () => {
  await start();
  await act('ann', ['impression', 'click'], { receivedAt: NOW - 1_000 });
  await act('ann', ['click'], { receivedAt: NOW - 20 * 86_400_000 });
  await act('ann', ['impression']);
  // The same message twice, as a queue may deliver it.
  await deliver({ exposures: [expose('ann'), expose('ben', { isEmpty: true })] }, 'twice');
  await deliver({ exposures: [expose('ann'), expose('ben', { isEmpty: true })] }, 'twice');
  await watchExperiments(env, NOW);
  await act('ann', ['impression', 'click', 'play', 'search']);
  await act('stranger', ['click']);
  await deliver({ exposures: [expose('ann', { degraded: true })] });
  await watchExperiments(env, NOW);
  await watchExperiments(env, NOW);
  expect(await readTotals('ann')).toMatchObject({
    variant: 'control',
    answers: 2,
    degraded: 1,
    elapsedMs: 8,
    before: { impressions: 1, clicks: 1 },
    after: { impressions: 2, clicks: 1, plays: 1, playMinutes: 30 },
  });
  expect(await readTotals('ben')).toMatchObject({ answers: 1, empty: 1 });
  expect(await readTotals('stranger')).toBeUndefined();
  const sums = new MomentSums(listMoments(await readTally(env.DB, 'bold')));
  expect(sums.get('click-rate', 'control', 'all')).toMatchObject({ users: 2, answers: 3, sums: [1, 2, 1, 1] });
  expect(await env.DB.prepare('select count(*) as n from exposures').first('n')).toBe(0);
});

test('of two runs that count the same page, one writes it', async () => {
  await start();
  await deliver({ exposures: [expose('ann')] });
  const page = { number: await readPageNumber(env.DB), erasureMark: await readErasureMark(env.DB) };
  await watchExperiments(env, NOW);
  const users = [{ experimentId: 'bold', userId: 'ann', totals: (await readTotals('ann'))! }];
  const late = { ...page, users, tallies: new Map([['bold', {}]]), exposuresUntil: 1e9, cursors: new Map([[0, 7]]) };
  await deliver({ exposures: [expose('ben')] });
  expect(await writePage(env.DB, late, NOW)).toBe(false);
  expect(await readCursor(env.DB, 0)).not.toBe(7);
  expect(await readTally(env.DB, 'bold')).toHaveProperty('control');
  await watchExperiments(env, NOW);
  expect(await readTotals('ben')).toMatchObject({ answers: 1 });
});

test('a click on an interleaved game is credited to its variant', async () => {
  await start({ kind: 'interleaving' });
  const teams = { control: ['hades'], bold: ['celeste'] };
  const interleaved = [{ experimentId: 'bold', recommendationId: 'mixed', teams }];
  await deliver({ exposures: [expose('ann')], interleaved });
  await watchExperiments(env, NOW);
  await act('ann', ['click', 'click'], { recommendationId: 'mixed', itemId: 'celeste' });
  await act('ann', ['click'], { recommendationId: 'mixed', itemId: 'hades' });
  await act('ann', ['click'], { recommendationId: 'other', itemId: 'hades' });
  await watchExperiments(env, NOW);
  expect((await readTotals('ann'))!.credits).toEqual({ control: 1, bold: 2 });
  expect(await readPreferences(env.DB, 'bold', ['control', 'bold'])).toEqual(preferencesOfUser(1, 2));
});

test('an interleaving whose rival always fails is stopped', async () => {
  await start({ kind: 'interleaving' });
  const answers = Array.from({ length: 60 }, (_, user) => expose(`u${user}`, { failed: true }));
  for (let at = 0; at < answers.length; at += 20) await deliver({ exposures: answers.slice(at, at + 20) });
  expect(await watchExperiments(env, NOW)).toBe(1);
  const { experiment } = (await readExperiment(env.DB, 'bold'))!;
  expect(experiment).toMatchObject({
    state: 'stopped',
    stoppedVariants: [{ id: 'bold', reason: 'failure-rate 1.00: more than 0.5' }],
  });
});

test('a variant that fails is stopped, published as stopped, and keeps its evidence', async () => {
  await start();
  const answers = Array.from({ length: 120 }, (_, user) => [
    expose(`c${user}`),
    expose(`b${user}`, { variant: 'bold', failed: true }),
  ]).flat();
  for (let at = 0; at < answers.length; at += 20) await deliver({ exposures: answers.slice(at, at + 20) });
  expect(await watchExperiments(env, NOW)).toBe(1);
  const { experiment } = (await readExperiment(env.DB, 'bold'))!;
  expect(experiment).toMatchObject({ state: 'stopped', stoppedVariants: [{ id: 'bold' }] });
  expect(experiment.stoppedVariants[0]!.reason).toContain('failure-rate 1.00, the control’s 0.00');
  expect((await readPublishedState(env.BUCKET))!.experiments).toEqual([]);
});

test('with another variant left the experiment goes on, and players of the stopped one count no longer', async () => {
  const [control, bold] = EXPERIMENT.variants;
  const variants = [control!, { ...bold!, share: 0.25 }, { ...bold!, id: 'calm', share: 0.25 }];
  const stoppedVariants = [{ id: 'bold', reason: 'harmful', at: new Date(NOW).toISOString() }];
  await start({ variants });
  await deliver({ exposures: [expose('ann', { variant: 'bold' })] });
  await watchExperiments(env, NOW);
  const { revision } = (await readExperiment(env.DB, 'bold'))!;
  await writeExperiment(env.DB, { ...EXPERIMENT, variants, stoppedVariants }, revision, 10, NOW);
  await deliver({ exposures: [expose('ann')] });
  await act('ann', ['click']);
  await watchExperiments(env, NOW);
  expect(await readTotals('ann')).toMatchObject({ variant: 'bold', answers: 1, after: { clicks: 0 } });
});

test('an experiment ends when its time is over', async () => {
  await start({ endsAt: new Date(NOW).toISOString() });
  expect(await watchExperiments(env, NOW - 1)).toBe(0);
  expect(await watchExperiments(env, NOW)).toBe(1);
  expect((await readExperiment(env.DB, 'bold'))!.experiment).toMatchObject({ state: 'stopped' });
});

test('the report has the sums of each day, and comparisons of shadows', async () => {
  await start();
  await deliver({ exposures: [expose('ann')] });
  await watchExperiments(env, NOW);
  const shadow = { experimentId: 'bold', variant: 'dark', overlap: 0.5, shownValue: 1, shadowValue: 3, failed: false };
  await deliver({
    exposures: [expose('ben')],
    shadows: [shadow, { ...shadow, overlap: 0, shownValue: null, shadowValue: null, failed: true }],
  });
  await watchExperiments(env, NOW + 86_400_000);
  const days = (await readDays(env.DB, 'bold')).map(({ date, moments }) => [
    date,
    new MomentSums(moments).get('clicks', 'control', 'all').users,
  ]);
  expect(days).toEqual([
    ['2026-11-27', 1],
    ['2026-11-28', 2],
  ]);
  expect(await readShadows(env.DB, 'bold')).toEqual([
    { variant: 'dark', answers: 2, failed: 1, overlap: 0.5, valued: 1, shownValue: 1, shadowValue: 3 },
  ]);
});

test('an erasure deletes a player’s exposures and totals', async () => {
  await start();
  await deliver({ exposures: [expose('ann')] });
  await watchExperiments(env, NOW);
  await deliver({ exposures: [expose('ann')] });
  for (const store of openStores(env).filter(({ name }) => name === 'exposures' || name === 'experiments')) {
    expect(await store.countRows(['ann'], NOW)).toBe(1);
    expect(await store.eraseRows(['ann'], NOW)).toBe(true);
    expect(await store.countRows(['ann'], NOW)).toBe(0);
  }
});
