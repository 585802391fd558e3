// OFREP over HTTP: evaluations, errors as the protocol has them, and who may ask about whom. OpenFeature's own clients:
// tests/openfeature.node.test.ts.

import { env, exports } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { assign } from '../../models/experiments/assignment.ts';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { isolate } from '../serving/isolate.ts';
import { writeExperiment } from '../storage/experiments.ts';

const FLAGS = '/ofrep/v1/evaluate/flags';

async function post(path: string, body: unknown, key = 'test-read', headers: Record<string, string> = {}) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
const evaluate = async (path: string, context: object, key?: string) => (await post(path, { context }, key)).body;

const make = (experimentId: string, fields: Parameters<typeof makeExperimentInput>[0] = {}): Experiment => ({
  ...draftExperiment(experimentId, makeExperimentInput({ layer: experimentId, ...fields })),
  state: 'running',
  slice: { from: 0, to: fields.audience?.share ?? 1 },
});
async function publish(...experiments: Experiment[]) {
  for (const experiment of experiments) await writeExperiment(env.DB, experiment, undefined, 100, Date.now());
  await isolate.state.publish(env, Date.now(), () => {});
}
const users = Array.from({ length: 40 }, (_, index) => `player-${index}`);
const userIn = (experiment: Experiment, variant: string | undefined) =>
  users.find((userId) => assign(userId, experiment) === variant)!;

let token: string;
beforeAll(async () => {
  token = (await post('/v1/tokens', { userId: 'ann' }, 'test-mint')).body.token;
});
beforeEach(async () => {
  await env.DB.exec('delete from experiments');
});

test('evaluates by the same hash as answers; who is in none gets no value', async () => {
  const short = make('short', { audience: { share: 0.5 } });
  await publish(short, { ...make('draft'), state: 'draft' }, make('rows', { kind: 'interleaving' }));
  const metadata = { experimentId: 'short', layer: 'short' };
  for (const variant of ['control', 'short'])
    expect(await evaluate(`${FLAGS}/short`, { targetingKey: userIn(short, variant) })).toEqual({
      key: 'short',
      value: variant,
      variant,
      reason: 'SPLIT',
      metadata: { ...metadata, isControl: variant === 'control' },
    });
  const outside = { key: 'short', reason: 'DEFAULT', metadata };
  expect(await evaluate(`${FLAGS}/short`, { targetingKey: userIn(short, undefined) })).toEqual(outside);
  expect(await evaluate(FLAGS, { targetingKey: userIn(short, undefined) })).toEqual({ flags: [outside] });
});

test('an audience counts: the country and the platform of the context, and whether the player is new', async () => {
  const swiss = make('swiss', { audience: { share: 1, countries: ['CH'], platforms: ['linux'] } });
  await publish(swiss, make('new-players', { audience: { share: 1, newUsers: true } }));
  const read = async (context: object) =>
    (await evaluate(FLAGS, { targetingKey: 'bob', ...context })).flags.map(({ reason }: { reason: string }) => reason);
  expect(await read({ country: 'CH', platform: 'linux', plan: { any: 'thing' } })).toEqual(['SPLIT', 'SPLIT']);
  expect(await read({ country: 'FR', platform: 'linux' })).toEqual(['DEFAULT', 'SPLIT']);
  const play = { events: [{ id: '1', userId: 'bob', type: 'play', itemId: 'g1' }] };
  expect((await post('/v1/events', play, 'test-ingest')).status).toBe(202);
  expect(await read({ country: 'CH', platform: 'linux' })).toEqual(['SPLIT', 'DEFAULT']);
});

test('a variant that was stopped has no value, the others keep theirs', async () => {
  const at = '2026-05-20T12:00:00.000Z';
  const harmed = { ...make('harmed'), stoppedVariants: [{ id: 'short', reason: 'dismissals', at }] };
  await publish(harmed);
  expect(await evaluate(`${FLAGS}/harmed`, { targetingKey: userIn(harmed, 'short') })).toEqual({
    key: 'harmed',
    reason: 'DISABLED',
    metadata: { experimentId: 'harmed', layer: 'harmed' },
  });
  expect(await evaluate(`${FLAGS}/harmed`, { targetingKey: userIn(harmed, 'control') })).toMatchObject({
    value: 'control',
  });
});

test('errors have the protocol’s members and are problems', async () => {
  await publish(make('short'));
  const context = { targetingKey: 'bob' };
  const errorOf = async (path: string, body: unknown) => {
    const answer = await post(path, body);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: answer.status, errorDetails: expect.stringMatching(/./) });
    return [answer.status, answer.body.errorCode, answer.body.key];
  };
  expect(await errorOf(`${FLAGS}/no%2Fsuch`, { context })).toEqual([404, 'FLAG_NOT_FOUND', 'no/such']);
  expect(await errorOf(`${FLAGS}/short`, {})).toEqual([400, 'TARGETING_KEY_MISSING', 'short']);
  expect(await errorOf(FLAGS, { context: { targetingKey: '' } })).toEqual([400, 'TARGETING_KEY_MISSING', undefined]);
  expect(await errorOf(`${FLAGS}/short`, { context: { targetingKey: 'a/b' } })).toEqual([
    400,
    'INVALID_CONTEXT',
    'short',
  ]);
  expect(await errorOf(FLAGS, { context: { ...context, country: 'Swiss' } })).toEqual([
    400,
    'INVALID_CONTEXT',
    undefined,
  ]);
  expect(await errorOf(FLAGS, { context: 'bob' })).toEqual([400, 'INVALID_CONTEXT', undefined]);
  expect(await errorOf(`${FLAGS}/short`, '{')).toEqual([400, 'PARSE_ERROR', 'short']);
  expect((await post(FLAGS, { context }, 'wrong')).status).toBe(401);
  expect((await post(FLAGS, { context }, 'test-ingest')).status).toBe(403);
});

test('a token opens its own player alone, from every origin; a key’s player must be named', async () => {
  const short = make('short');
  await publish(short);
  const value = assign('ann', short);
  for (const targetingKey of ['me', 'ann', undefined])
    expect(await evaluate(`${FLAGS}/short`, { targetingKey }, token)).toMatchObject({ value });
  expect((await post(FLAGS, { context: { targetingKey: 'bob' } }, token)).status).toBe(403);
  expect((await post(FLAGS, { context: { targetingKey: 'me' } })).body.errorCode).toBe('INVALID_CONTEXT');
  const crossed = await post(FLAGS, {}, token, { origin: 'https://game.example' });
  expect(crossed.headers.get('access-control-allow-origin')).toBe('https://game.example');
});

test('an unchanged answer is 304', async () => {
  await publish(make('short'));
  const context = { targetingKey: 'bob' };
  const first = await post(FLAGS, { context });
  const etag = first.headers.get('etag')!;
  const again = await post(FLAGS, { context }, 'test-read', { 'if-none-match': etag });
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, null, etag]);
  await publish(make('another'));
  expect((await post(FLAGS, { context }, 'test-read', { 'if-none-match': etag })).status).toBe(200);
});
