// A release proves itself: asked for by a training, shown to more and more players, put into use or taken back, without
// anybody.

import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import { RELEASE_POINTER_KEY, releaseKey } from '../../models/contracts/layout.ts';
import { draftExperiment, startExperiment } from '../../models/experiments/lifecycle.ts';
import { EMPTY_TALLY, replaceUsers } from '../../models/experiments/tally.ts';
import { NO_EVENTS, startUser, type UserTotals } from '../../models/experiments/user-totals.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { startCanary } from '../storage/canaries.ts';
import { clearCanaryRequest, readCanaryRequest, requestCanary } from '../storage/canary-request.ts';
import { readExperiment, readRunningExperiments, writeExperiment } from '../storage/experiments.ts';
import { HOUR_MS, hourOf } from '../storage/hour.ts';
import { addMetricCounts } from '../storage/metric-counts.ts';
import { readPublishedState } from '../storage/published-state.ts';
import { readPointer, setPinned } from '../storage/release-pointer.ts';
import { watchExperiments } from './watch-experiments.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
const log = vi.spyOn(console, 'error').mockImplementation(() => {});

/** Players whose clicks per impression follow from `clicks` of 40. */
async function see(users: number, clicks: { control: number; canary: number }, change: Partial<UserTotals> = {}) {
  const changes = (['control', 'canary'] as const).flatMap((variant) =>
    Array.from({ length: users }, (_, index) => {
      const own = clicks[variant] + (index % 5) - 2;
      const events = { ...NO_EVENTS, impressions: 40, clicks: own, plays: own };
      const user = startUser({ variant, at: NOW, isNewUser: false }, NO_EVENTS, events);
      return { before: undefined, after: { ...user, answers: 8, ...(variant === 'canary' && change) } };
    }),
  );
  await env.DB.prepare('insert or replace into experiment_days (experiment_id, day, tally) values (?1, 0, ?2)')
    .bind('canary-r2', JSON.stringify(replaceUsers(EMPTY_TALLY, changes)))
    .run();
}
const readCanary = async () => (await readExperiment(env.DB, 'canary-r2'))?.experiment;
const readInUse = async () => (await readPointer(env.BUCKET))!.version;
const listPublished = async () => (await readPublishedState(env.BUCKET))!.experiments;

beforeEach(async () => {
  for (const table of ['experiments', 'experiment_days', 'exposures', 'metric_counts'])
    await env.DB.exec(`delete from ${table}`);
  const { objects } = await env.BUCKET.list();
  await env.BUCKET.delete(objects.map(({ key }) => key));
  await publishFake(env.BUCKET, 'r2', { itemIds, shift: 1 });
  await env.BUCKET.delete(RELEASE_POINTER_KEY);
  // In use since before the canaries.
  await publishFake(env.BUCKET, 'r1', { itemIds, shift: 0 });
  log.mockClear();
});

test('a training asks for a canary; it grows while the release is not worse, and puts it into use', async () => {
  await requestCanary(env.BUCKET, { version: 'r2', share: 0.05 });
  expect(await watchExperiments(env, NOW)).toBe(1);
  expect(await readCanaryRequest(env.BUCKET)).toBeUndefined();
  expect(await listPublished()).toMatchObject([
    { experimentId: 'canary-r2', slice: { from: 0, to: 0.1 }, namedRelease: { version: 'r2' } },
  ]);
  await see(20, { control: 10, canary: 10 });
  expect(await watchExperiments(env, NOW + 60_000)).toBe(0);
  for (const [users, to] of [
    [70, 0.5],
    [400, 1],
  ] as const) {
    await see(users, { control: 10, canary: 10 });
    expect(await watchExperiments(env, NOW + 120_000)).toBe(1);
    expect(await listPublished()).toMatchObject([{ audience: { share: to }, slice: { from: 0, to } }]);
    expect(await readInUse()).toBe('r1');
  }
  await see(1_000, { control: 10, canary: 10 });
  expect(await watchExperiments(env, NOW + 180_000)).toBe(1);
  expect(await readInUse()).toBe('r2');
  expect(await readCanary()).toMatchObject({ state: 'stopped', stopReason: 'it is as good, and now in use' });
  expect(await readPublishedState(env.BUCKET)).toMatchObject({ experiments: [], release: { version: 'r2' } });
  expect(log).not.toHaveBeenCalled();
});

test('a newer request stays when the one that was read is met', async () => {
  await requestCanary(env.BUCKET, { version: 'r1', share: 0.05 });
  const met = (await readCanaryRequest(env.BUCKET))!;
  await requestCanary(env.BUCKET, { version: 'r2', share: 0.05 });
  await clearCanaryRequest(env.BUCKET, met);
  expect(await readCanaryRequest(env.BUCKET)).toMatchObject({ version: 'r2' });
});

test('a release that players click less is taken back, and said in the log', async () => {
  await startCanary(env, { version: 'r2', share: 0.05 }, NOW);
  await see(200, { control: 10, canary: 7 });
  await watchExperiments(env, NOW + 60_000);
  expect(await readCanary()).toMatchObject({
    state: 'stopped',
    stopReason: 'every variant but the control was stopped by a guardrail',
  });
  expect(await readInUse()).toBe('r1');
  expect(await listPublished()).toEqual([]);
  // What the alert of stopped variants counts.
  expect((await readCanary())!.stoppedVariants).toMatchObject([
    { id: 'canary', reason: expect.stringMatching(/^click-rate 0\.1/), at: '2026-11-27T12:01:00.000Z' },
  ]);
  expect(log.mock.calls.join()).toContain('variant stopped');
});

test('a guardrail takes it back, even if it is clicked as often; then nothing puts it into use', async () => {
  await startCanary(env, { version: 'r2', share: 0.5 }, NOW);
  await see(2_000, { control: 10, canary: 10 }, { failed: 4 });
  await watchExperiments(env, NOW + 60_000);
  expect(await readCanary()).toMatchObject({ state: 'stopped', stoppedVariants: [{ id: 'canary' }] });
  expect(await readInUse()).toBe('r1');
});

test('one that shows nothing within seven days ends', async () => {
  await startCanary(env, { version: 'r2', share: 0.05 }, NOW);
  await watchExperiments(env, NOW + 7 * 86_400_000);
  expect(await readCanary()).toMatchObject({ state: 'stopped', stopReason: 'its time is over' });
  expect(await readInUse()).toBe('r1');
});

test('one that no isolate can load is taken back an hour after its start, if the store has answers', async () => {
  await startCanary(env, { version: 'r2', share: 0.05 }, NOW);
  const answer = (amount: number, at: number) =>
    addMetricCounts(env.DB, [
      { hour: hourOf(at), metric: 'answers', labels: { route: 'list', tier: 'online', release: 'r1' }, amount },
    ]);
  const watchAfter = async (minutes: number) => {
    await watchExperiments(env, NOW + minutes * 60_000);
    return (await readCanary())!.state;
  };
  await answer(5_000, NOW - 60_000);
  await answer(500, NOW + HOUR_MS);
  expect(await watchAfter(61)).toBe('running');
  await answer(500, NOW + HOUR_MS);
  expect(await watchAfter(59)).toBe('running');
  await see(1, { control: 10, canary: 10 });
  expect(await watchAfter(61)).toBe('running');
  await env.DB.exec('delete from experiment_days');
  expect(await watchAfter(61)).toBe('stopped');
  expect((await readCanary())!.stoppedVariants).toMatchObject([
    { id: 'canary', reason: expect.stringContaining('cannot be loaded') },
  ]);
  expect(log.mock.calls.join()).toContain('canary stopped');
});

test('a pinned release stays; a release put into use by hand ends the comparison', async () => {
  await startCanary(env, { version: 'r2', share: 0.5 }, NOW);
  await setPinned(env.BUCKET, 'r1', true);
  await see(1_000, { control: 10, canary: 10 });
  await watchExperiments(env, NOW + 60_000);
  expect(await readCanary()).toMatchObject({ state: 'stopped', stopReason: expect.stringContaining('pinned') });
  expect(await readInUse()).toBe('r1');

  await env.DB.exec('delete from experiments');
  await startCanary(env, { version: 'r2', share: 0.5 }, NOW);
  const pointer = (await readPointer(env.BUCKET))!;
  const later = { ...pointer, version: 'r0', movedAt: new Date(NOW + 1).toISOString() };
  await env.BUCKET.put(RELEASE_POINTER_KEY, JSON.stringify(later));
  await watchExperiments(env, NOW + 60_000);
  expect(await readCanary()).toMatchObject({
    state: 'stopped',
    stopReason: expect.stringContaining('another release'),
  });
});

test('a pin that is set while the release is about to be put into use holds', async () => {
  await startCanary(env, { version: 'r2', share: 0.5 }, NOW);
  await see(1_000, { control: 10, canary: 10 });
  let pins = 0;
  const BUCKET = new Proxy(env.BUCKET, {
    get: (bucket, name) =>
      name === 'head'
        ? async (key: string) => {
            if (pins++ === 0) await setPinned(bucket, 'r1', true);
            return bucket.head(key);
          }
        : Reflect.get(bucket, name).bind(bucket),
  });
  expect(await watchExperiments({ ...env, BUCKET }, NOW + 60_000)).toBe(0);
  expect(pins).toBeGreaterThan(0);
  expect(await readPointer(env.BUCKET)).toMatchObject({ version: 'r1', pinned: true });
  // The next run decides by what it finds.
  expect(await watchExperiments(env, NOW + 120_000)).toBe(1);
  expect(await readCanary()).toMatchObject({ state: 'stopped', stopReason: expect.stringContaining('pinned') });
});

test('a canary is refused beside another, and one beside an experiment with another release', async () => {
  const start = (version = 'r2') => startCanary(env, { version, share: 0.05 }, NOW);
  expect(await start('r1')).toMatchObject({ error: { reason: expect.stringContaining('in use already') } });
  expect(await start('r9')).toMatchObject({ error: { isMissing: true } });
  const named = { version: 'r5', manifestKey: '', manifestSha256: '' };
  const other = draftExperiment('other', makeExperimentInput());
  const started = startExperiment(other, [], named, NOW);
  await writeExperiment(env.DB, started.ok ? started.value : other, undefined, 10, NOW);
  expect(await start()).toMatchObject({ error: { reason: expect.stringContaining('serves the release r5') } });
  await env.DB.exec('delete from experiments');
  expect((await start()).ok).toBe(true);
  expect(await start()).toMatchObject({ error: { reason: expect.stringContaining('“canary-r2” is running') } });
  // A training's request waits for the one that runs.
  await requestCanary(env.BUCKET, { version: 'r2', share: 0.05 });
  await watchExperiments(env, NOW);
  expect(await readCanaryRequest(env.BUCKET)).toBeDefined();
  await env.DB.exec('delete from experiments');
  await env.BUCKET.delete(releaseKey('r2', 'model.onnx'));
  await watchExperiments(env, NOW);
  expect(await readCanaryRequest(env.BUCKET)).toBeUndefined();
  expect(await readRunningExperiments(env.DB)).toEqual([]);
  expect(log.mock.calls.join()).toContain('canary not started');
});
