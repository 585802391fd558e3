// The report over HTTP, from tallies as the job writes them.

import { env, exports } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import { EMPTY_TALLY, replaceUsers } from '../../models/experiments/tally.ts';
import { addExposure, NO_EVENTS, startUser, type UserTotals } from '../../models/experiments/user-totals.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { deleteExperiment, writeExperiment } from '../storage/experiments.ts';

const call = async (path: string, key = 'test-admin') => {
  const response = await exports.default.fetch(`http://edge/v1/experiments/${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
};
const create = (id: string, fields: Parameters<typeof makeExperimentInput>[0] = {}) =>
  writeExperiment(env.DB, draftExperiment(id, makeExperimentInput(fields)), undefined, 100, 0);

/** `clicks`: those of each of the user's ten impressions. */
function makeUser(variant: string, clicks: number): UserTotals {
  const exposure = { variant, at: 0, isNewUser: true };
  const entered = startUser(exposure, NO_EVENTS, { ...NO_EVENTS, impressions: 10, clicks });
  const answer = { isEmpty: false, degraded: false, failed: false, elapsedMs: 5 };
  return addExposure(entered, { ...exposure, ...answer, experimentId: '', userId: '', recommendationId: '' });
}
async function writeDay(id: string, day: number, users: number) {
  const changes = Array.from({ length: users }, (_, index) => {
    const variant = index % 2 === 0 ? 'control' : 'short';
    return { before: undefined, after: makeUser(variant, (index % 3) + (variant === 'short' ? 3 : 0)) };
  });
  await env.DB.prepare('insert into experiment_days (experiment_id, day, tally) values (?1, ?2, ?3)')
    .bind(id, day, JSON.stringify(replaceUsers(EMPTY_TALLY, changes)))
    .run();
}

beforeEach(async () => {
  for (const table of ['experiments', 'experiment_days', 'experiment_shadows', 'experiment_users'])
    await env.DB.exec(`delete from ${table}`);
});

test('reports the last day, and the primary metric of each', async () => {
  await create('short-pages');
  const empty = await call('short-pages/report');
  expect(empty.body).toMatchObject({ verdicts: [{ variant: 'short', verdict: 'open' }], days: [], shadows: [] });
  await writeDay('short-pages', 20_590, 80);
  await writeDay('short-pages', 20_591, 400);
  await env.DB.prepare(
    `insert into experiment_shadows values
       ('short-pages', 'bold', 12, 2, 5.0, 4, 2.0, 3.0), ('other', 'b', 1, 0, 1, 0, 0, 0)`,
  ).run();
  const { body } = await call('short-pages/report');
  expect(body).toMatchObject({
    experimentId: 'short-pages',
    verdicts: [{ variant: 'short', verdict: 'better' }],
    sampleRatio: { variants: [{ users: 200 }, { users: 200 }], isBroken: false },
    shadows: [{ variant: 'bold', answers: 12, failed: 2, overlap: 0.5, shownValue: 0.5, shadowValue: 0.75 }],
  });
  expect(body.days).toMatchObject([
    { at: '2026-05-18T00:00:00.000Z', variant: 'short' },
    { at: '2026-05-19T00:00:00.000Z', variant: 'short', difference: expect.closeTo(0.3, 2) },
  ]);
});

test('an experiment with a shadow alone compares nothing, and has a report', async () => {
  const variants = [
    { id: 'control', share: 1, isShadow: false },
    { id: 'bold', share: 0, isShadow: true },
  ];
  await create('shadowed', { variants });
  const change = { before: undefined, after: makeUser('control', 3) };
  await env.DB.prepare('insert into experiment_days (experiment_id, day, tally) values (?1, 20590, ?2)')
    .bind('shadowed', JSON.stringify(replaceUsers(EMPTY_TALLY, [change])))
    .run();
  const { status, body } = await call('shadowed/report');
  expect([status, body.verdicts, body.guardrails, body.days]).toEqual([200, [], [], []]);
  expect(body.sampleRatio).toMatchObject({ isBroken: false, pValue: expect.any(Number) });
});

test('reports the preference of an interleaving', async () => {
  await create('rows', { kind: 'interleaving' });
  const credits = { ...makeUser('control', 1), credits: { control: 1, short: 2 } };
  for (let index = 0; index < 40; index++)
    await env.DB.prepare('insert into experiment_users (experiment_id, user_id, totals) values (?1, ?2, ?3)')
      .bind('rows', `player-${index}`, JSON.stringify(credits))
      .run();
  expect((await call('rows/report')).body.interleaving).toMatchObject({ users: 40, clicks: 120, wins: 40, losses: 0 });
});

test('only operators read it; deleting an experiment deletes its results', async () => {
  await create('short-pages');
  await writeDay('short-pages', 20_590, 4);
  await writeDay('another', 20_590, 4);
  expect((await call('short-pages/report', 'test-read')).status).toBe(403);
  await deleteExperiment(env.DB, 'short-pages');
  expect((await call('short-pages/report')).status).toBe(404);
  const { results } = await env.DB.prepare('select experiment_id as id from experiment_days').all();
  expect(results).toEqual([{ id: 'another' }]);
});
