import { afterEach, expect, test, vi } from 'vitest';
import { fakeBucket } from '../../tests/fake-bucket.ts';
import { type Publication, publishFake } from '../../tests/fake-release.ts';
import type { ReleaseEnv } from '../../workers/storage/releases.ts';
import { drawRanker } from '../bench/random-ranker.ts';
import { readRecentReleases } from './recent-releases.ts';
import { readReleaseInUse } from './release-in-use.ts';

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

test('a release whose retrieval model is damaged stops the training, unless it is forced', async () => {
  const env = await publish((files) => {
    files.model = files.model.slice(1);
  });
  await expect(readReleaseInUse(env, false)).rejects.toThrow('--force publishes without comparing with it');
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect((await readReleaseInUse(env, true)).current).toBeUndefined();
});
