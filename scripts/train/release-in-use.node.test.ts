import { generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { RELEASE_SCHEMA } from '../../models/contracts/release.ts';
import { fakeBucket } from '../../tests/fake-bucket.ts';
import { type Publication, publishFake } from '../../tests/fake-release.ts';
import type { ReleaseEnv } from '../../workers/storage/releases.ts';
import { drawRanker } from '../bench/random-ranker.ts';
import { readNewestSnapshot, readRecentReleases } from './recent-releases.ts';
import { readReleaseInUse } from './release-in-use.ts';
import { readSigningKey } from './signing-key.ts';

const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);
const ranking = await drawRanker();

/** Publishes a release with a ranking model, then damages it. */
async function publish(damage: NonNullable<Publication['damage']>): Promise<ReleaseEnv> {
  const { bucket } = fakeBucket();
  await publishFake(bucket, 'v1', {
    itemIds,
    shift: 0,
    alter: (contents) => Object.assign(contents, { ranking }),
    damage,
  });
  return { BUCKET: bucket };
}

const generateKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

afterEach(() => vi.restoreAllMocks());

test('a release whose ranking model alone is damaged is compared with, without that model', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {});
  const whole = await readReleaseInUse(await publish(() => {}), false);
  expect(whole.current?.ranking?.model).toEqual(ranking.model);
  expect(lines).not.toHaveBeenCalled();

  const env = await publish((files) => {
    files.ranking = files.ranking!.map((byte) => byte ^ 1);
  });
  const { current, etag } = await readReleaseInUse(env, false);
  expect(current?.model).toEqual(whole.current!.model);
  expect(current?.ranking).toBeUndefined();
  expect(etag).toBeDefined();
  expect(lines.mock.calls.join()).toMatch(/^Not compared with the ranking model in use: .*ranking\.onnx/);
});

test('the last ten releases are compared with, without those that cannot be read', async () => {
  const { bucket } = fakeBucket();
  const env = { BUCKET: bucket };
  for (let n = 10; n < 24; n++)
    await publishFake(bucket, `v${n}`, {
      itemIds,
      shift: 0,
      ...(n === 20 && { schema: 1 }),
      alter: (_, { data }) => Object.assign(data, { countedUntil: '2026-01-01T00:00:00.000Z' }),
    });
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {});
  const recent = await readRecentReleases(env, 'v23');
  expect(recent.map(({ version }) => version)).toEqual(['v22', 'v21', 'v19', 'v18', 'v17', 'v16', 'v15', 'v14']);
  expect(recent[0]).toMatchObject({ itemIds, countedUntil: '2026-01-01T00:00:00.000Z' });
  expect(recent[0]!.model.length).toBeGreaterThan(1_000);
  expect(lines.mock.calls.flat().join()).toMatch(/^Not compared with 1 earlier releases .* v20: .* is of schema 1/);
  expect(await readRecentReleases(env, undefined)).toHaveLength(9);
});

test('the newest snapshot is that of the newest release, whichever is in use', async () => {
  const { bucket } = fakeBucket();
  const env = { BUCKET: bucket };
  expect(await readNewestSnapshot(env)).toBe('');
  for (const version of ['v2', 'v1'])
    await publishFake(bucket, version, {
      itemIds,
      shift: 0,
      alter: (_, { data }) => Object.assign(data, { snapshot: `snapshot of ${version}` }),
    });
  expect(await readNewestSnapshot(env)).toBe('snapshot of v2');
  await publishFake(bucket, 'v3', { itemIds, shift: 0, schema: 1 });
  expect(await readNewestSnapshot(env)).toBe('');
});

test('a release of an older schema, or that RELEASE_KEYS refuses, counts as none; a newer schema stops', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { bucket } = fakeBucket();
  const read = (env: object = {}) => readReleaseInUse({ BUCKET: bucket, ...env }, false);
  const publish = (schema: number) => publishFake(bucket, 'v1', { itemIds, shift: 0, schema });
  await publish(RELEASE_SCHEMA);
  const { publicKey } = readSigningKey(undefined, JSON.stringify(generateKey()))!;
  expect(await read({ RELEASE_KEYS: publicKey })).toEqual({ etag: expect.any(String), current: undefined });
  expect(lines.mock.lastCall![0]).toMatch(/^Not compared with the release in use: .*it is not signed/);
  await expect(read({ RELEASE_KEYS: `${publicKey} x` })).rejects.toThrow('entry 2 of RELEASE_KEYS is no public key');
  await publish(RELEASE_SCHEMA - 1);
  expect(await read()).toEqual({ etag: expect.any(String), current: undefined });
  expect(lines.mock.lastCall![0]).toMatch(/^Not compared with the release in use: .*train again/);
  await publish(RELEASE_SCHEMA + 1);
  await expect(read()).rejects.toThrow('deploy the version that trained it');
});

test('a release whose retrieval model is damaged stops the training, unless it is forced', async () => {
  const env = await publish((files) => {
    files.model = files.model.slice(1);
  });
  await expect(readReleaseInUse(env, false)).rejects.toThrow('--force publishes without comparing with it');
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect((await readReleaseInUse(env, true)).current).toBeUndefined();
});
