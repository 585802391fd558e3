// Experiments through the API: what is refused before anybody sees it, and what is published.

import { env, exports } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { releaseKey } from '../../models/contracts/layout.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { isolate } from '../serving/isolate.ts';
import { listAuditEntries } from '../storage/audit-log.ts';
import { readPublishedState } from '../storage/published-state.ts';

type Answer = Experiment & Problem & { experiments: Experiment[] };

async function call(method: string, path = '', body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge/v1/experiments${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer };
}
const input = makeExperimentInput();
const withVariant = (fields: object) => ({
  ...input,
  variants: [input.variants[0], { ...input.variants[1], ...fields }],
});
const listFaults = async (body: object) => {
  const answer = await call('PUT', '/refused', body);
  expect(answer.status).toBe(400);
  return answer.body.errors!;
};
const listPublished = async () =>
  (await readPublishedState(env.BUCKET))!.experiments.map(({ experimentId }) => experimentId);

beforeEach(async () => {
  await env.DB.exec('delete from experiments');
  await env.DB.prepare(
    `insert or replace into items (item_id, title, genres, tags, platforms, hidden, revision)
     values ('g1', 'g1', '[]', '[]', '["Windows"]', 0, 1)`,
  ).run();
});

test('a variant that does not parse or names what is not there is refused, with its field', async () => {
  const paths = async (body: object) => (await listFaults(body)).map(({ path }) => path);
  expect(await paths(withVariant({ policy: 'best' }))).toEqual(['variants.1.policy']);
  expect(await paths(withVariant({ settings: { rows: ['banners'] } }))).toEqual(['variants.1.settings.rows.0']);
  expect((await listFaults(withVariant({ settings: { rowOrder: [] } })))[0]!.path).toBe('variants.1.settings');
  expect(await paths(withVariant({ share: 0.4 }))).toEqual(['variants']);
  expect(await listFaults(withVariant({ release: 'r9' }))).toEqual([
    { path: 'variants.1.release', message: expect.stringContaining('There is no release “r9”') },
  ]);
  const audience = { share: 1, countries: ['CH', 'XX'], platforms: ['windows', 'amiga'] };
  expect(await paths({ ...input, audience })).toEqual(['audience.countries.1', 'audience.platforms.1']);
  expect(await paths({ ...input, layer: 'release' })).toEqual(['layer']);
  expect((await call('PUT', '/canary-r1', input)).body.errors![0]!.path).toBe('experimentId');
  expect((await call('GET')).body.experiments).toEqual([]);
});

test('a release that lacks a file is refused, also if the file goes before the start', async () => {
  const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
  await publishFake(env.BUCKET, 'r1', { itemIds, shift: 0 });
  const body = withVariant({ release: 'r1' });
  expect((await call('PUT', '/newer', body)).status).toBe(200);
  await env.BUCKET.delete(releaseKey('r1', 'model.onnx'));
  const refused = await call('POST', '/newer/start');
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'variants.1.release' }] } });
  await publishFake(env.BUCKET, 'r1', { itemIds, shift: 0 });
  expect((await call('POST', '/newer/start')).body).toMatchObject({
    state: 'running',
    namedRelease: { version: 'r1', manifestKey: releaseKey('r1', 'manifest.json') },
  });
  await publishFake(env.BUCKET, 'r2', { itemIds, shift: 1 });
  await call('PUT', '/third', { ...withVariant({ release: 'r2' }), layer: 'own' });
  expect((await call('POST', '/third/start')).status).toBe(409);
});

test('an experiment lives: draft, running and published, changed in what is safe, stopped, deleted', async () => {
  expect((await call('PUT', '/short-pages', input)).body).toMatchObject({ state: 'draft', slice: null });
  expect((await call('PUT', '/short-pages', { ...input, audience: { share: 0.5 } })).status).toBe(200);
  await isolate.state.publish(env, Date.now(), () => {});
  expect(await listPublished()).toEqual([]);

  const running = await call('POST', '/short-pages/start');
  expect(running.body).toMatchObject({ state: 'running', slice: { from: 0, to: 0.5 } });
  expect(await listPublished()).toEqual(['short-pages']);
  const [entry] = await listAuditEntries(env.DB, Number.MAX_SAFE_INTEGER, 1);
  expect(entry).toMatchObject({
    path: '/v1/experiments/{experimentId}/start',
    ids: { experimentId: 'short-pages' },
    before: { state: 'draft' },
    after: { state: 'running' },
  });
  expect((await call('POST', '/short-pages/start')).status).toBe(409);
  expect((await call('DELETE', '/short-pages')).status).toBe(409);
  const changed = { ...input, audience: { share: 0.5 }, guardrails: [] };
  expect((await call('PUT', '/short-pages', changed)).body).toMatchObject({ state: 'running', guardrails: [] });
  expect((await call('PUT', '/short-pages', { ...changed, layer: 'other' })).body.detail).toMatch(/not layer/);

  expect((await call('POST', '/short-pages/stop', {})).status).toBe(400);
  const stopped = await call('POST', '/short-pages/stop', { reason: 'enough is known' });
  expect(stopped.body).toMatchObject({ state: 'stopped', stopReason: 'enough is known' });
  expect(await listPublished()).toEqual([]);
  expect((await call('GET', '/short-pages')).body).toEqual(stopped.body);
  expect((await call('GET')).body.experiments).toEqual([stopped.body]);
  for (const path of ['/short-pages/stop', '/short-pages/start'])
    expect((await call('POST', path, { reason: 'again' })).status).toBe(409);
  expect((await call('DELETE', '/short-pages')).status).toBe(204);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/start'],
  ] as const)
    expect((await call(method, `/short-pages${path}`)).status).toBe(404);
});

test('only operators see and change experiments', async () => {
  for (const key of ['test-read', 'test-ingest']) {
    expect((await call('GET', '', undefined, key)).status).toBe(403);
    expect((await call('PUT', '/short-pages', input, key)).status).toBe(403);
  }
});

test('of two starts at once that need the same room, one wins', async () => {
  for (const id of ['a', 'b']) await call('PUT', `/${id}`, { ...input, audience: { share: 0.6 } });
  const answers = await Promise.all(['a', 'b'].map((id) => call('POST', `/${id}/start`)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect((await call('GET')).body.experiments.filter(({ state }) => state === 'running')).toHaveLength(1);
});

test('the canary of a release is an experiment; it starts at once', async () => {
  const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
  for (const version of ['r3', 'r4']) await publishFake(env.BUCKET, version, { itemIds, shift: 0 });
  const canary = (version: string, body: object) =>
    exports.default.fetch(`http://edge/v1/releases/${version}/canary`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
      body: JSON.stringify(body),
    });
  expect((await canary('r3', { share: 0.6 })).status).toBe(400);
  expect((await canary('r9', {})).status).toBe(404);
  expect((await canary('r4', {})).status).toBe(409);
  const started = await canary('r3', { share: 0.05 });
  expect([started.status, started.headers.get('location')]).toEqual([201, '/v1/experiments/canary-r3']);
  expect((await call('GET', '/canary-r3')).body).toMatchObject({ state: 'running', audience: { share: 0.1 } });
  expect(await listPublished()).toEqual(['canary-r3']);
  expect((await canary('r3', {})).status).toBe(409);
  expect((await call('POST', '/canary-r3/stop', { reason: 'enough' })).body.state).toBe('stopped');
});
