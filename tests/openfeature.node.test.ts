// OpenFeature's web SDK and its OFREP provider, unchanged, against the Worker in workerd over HTTP.

import path from 'node:path';
import { ErrorCode } from '@openfeature/core';
import { OFREPApi } from '@openfeature/ofrep-core';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { type Client, OpenFeature, ProviderEvents } from '@openfeature/web-sdk';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startWorkerd } from '../scripts/bench/workerd.ts';
import { makeTokenKey } from '../scripts/local/make-token-key.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { makeExperimentInput } from './experiment.ts';
import { mintToken } from './player-tokens.ts';

const KEY = 'openfeature-key';
const POLL_MS = 50;

let server: Awaited<ReturnType<typeof startWorkerd>>;

async function call(method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${server.url}/v1/experiments/${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status, await response.text()).toBe(200);
}
async function start(experimentId: string, share = 1): Promise<void> {
  await call('PUT', experimentId, makeExperimentInput({ layer: experimentId, audience: { share } }));
  await call('POST', `${experimentId}/start`);
}

beforeAll(async () => {
  server = await startWorkerd({
    configPath: path.join(PROJECT_DIR, 'wrangler.toml'),
    secrets: { ADMIN_KEY: KEY, TOKEN_KEY_0: makeTokenKey(0, 0) },
  });
  await server.stores();
  await start('short-pages');
});
afterAll(() => server.close());
afterEach(() => OpenFeature.close());

const createProvider = (bearer: string, pollInterval = 0) =>
  new OFREPWebProvider({
    baseUrl: server.url,
    headers: [['authorization', `Bearer ${bearer}`]],
    pollInterval,
    cacheMode: 'disabled',
  });
const createApi = (bearer: string) =>
  new OFREPApi({ baseUrl: server.url, headers: [['authorization', `Bearer ${bearer}`]] });
async function connect(bearer: string, targetingKey: string, pollInterval?: number): Promise<Client> {
  await OpenFeature.setContext({ targetingKey });
  await OpenFeature.setProviderAndWait(createProvider(bearer, pollInterval));
  return OpenFeature.getClient();
}

it('tells each player’s variant, with its metadata; another context is another player', async () => {
  const client = await connect(KEY, 'player-0');
  const seen = new Map<string, string>();
  for (let player = 0; player < 12; player++) {
    await OpenFeature.setContext({ targetingKey: `player-${player}`, country: 'CH' });
    const { value, variant, reason, flagMetadata } = client.getStringDetails('short-pages', 'none');
    expect({ variant, reason, flagMetadata }).toEqual({
      variant: value,
      reason: 'SPLIT',
      flagMetadata: { experimentId: 'short-pages', layer: 'short-pages', isControl: value === 'control' },
    });
    seen.set(`player-${player}`, value);
  }
  expect([...new Set(seen.values())].sort()).toEqual(['control', 'short']);
  for (const [targetingKey, value] of seen) {
    await OpenFeature.setContext({ targetingKey });
    expect(client.getStringValue('short-pages', 'none')).toBe(value);
  }
});

it('uses the client’s default for unknown experiments, and for players who are in none', async () => {
  await start('few', 0.001);
  const client = await connect(KEY, 'player-0');
  expect(client.getStringDetails('few', 'none')).toMatchObject({ value: 'none', reason: 'DEFAULT' });
  expect(client.getStringDetails('unheard-of', 'none')).toMatchObject({
    value: 'none',
    errorCode: ErrorCode.FLAG_NOT_FOUND,
  });
  expect(client.getBooleanDetails('short-pages', true)).toMatchObject({ errorCode: ErrorCode.TYPE_MISMATCH });
});

it('a game asks with its player’s token, and about nobody else', async () => {
  const token = await mintToken(server.url, KEY, 'player-7');
  const own = (await connect(token, 'player-7')).getStringValue('short-pages', 'none');
  expect(['control', 'short']).toContain(own);
  await OpenFeature.setContext({ targetingKey: 'me' });
  expect(OpenFeature.getClient().getStringValue('short-pages', 'none')).toBe(own);
  await expect(connect(token, 'player-8')).rejects.toMatchObject({ cause: { name: 'OFREPForbiddenError' } });
});

it('clients without a player or a key are told so by the protocol’s errors', async () => {
  await OpenFeature.setContext({});
  await expect(OpenFeature.setProviderAndWait(createProvider(KEY))).rejects.toThrow(/status: 400/);
  const answer = await createApi(KEY).postBulkEvaluateFlags({ context: {} });
  expect(answer).toMatchObject({ httpStatus: 400, value: { errorCode: ErrorCode.TARGETING_KEY_MISSING } });
  await expect(connect('wrong', 'player-0')).rejects.toMatchObject({ cause: { name: 'OFREPApiUnauthorizedError' } });
});

it('hears of an experiment that starts later, and of nothing if nothing changes', async () => {
  const client = await connect(KEY, 'player-3', POLL_MS);
  expect(client.getStringDetails('later', 'none').errorCode).toBe(ErrorCode.FLAG_NOT_FOUND);
  const changes: (string[] | undefined)[] = [];
  const changed = new Promise<void>((resolve) =>
    client.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
      changes.push(details?.flagsChanged);
      resolve();
    }),
  );
  await start('later');
  await changed;
  expect(changes).toEqual([['later']]);
  expect(client.getStringDetails('later', 'none').reason).toBe('SPLIT');
});

it('servers evaluate single flags by the same protocol', async () => {
  const api = createApi(KEY);
  const one = await api.postEvaluateFlag('short-pages', { context: { targetingKey: 'player-5' } });
  const client = await connect(KEY, 'player-5');
  expect(one).toMatchObject({ httpStatus: 200, value: { value: client.getStringValue('short-pages', 'none') } });
  const unknown = await api.postEvaluateFlag('a/b', { context: { targetingKey: 'player-5' } });
  expect(unknown).toMatchObject({ httpStatus: 404, value: { key: 'a/b', errorCode: ErrorCode.FLAG_NOT_FOUND } });
});
