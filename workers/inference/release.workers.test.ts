import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { encodeNeighbours } from '../../models/algorithms/neighbours.ts';
import { RELEASE_POINTER_KEY, releaseKey } from '../../models/contracts/layout.ts';
import { HISTORY_LENGTH, type ReleaseManifest, SIGNATURE } from '../../models/contracts/release.ts';
import { type EncodedHistories, encodeHistories } from '../../models/features/history.ts';
import { sha256Hex } from '../storage/digest.ts';
import { Held } from '../storage/held.ts';
import { createPlainScorer } from './plain.ts';
import { type LoadedRelease, loadRelease } from './release.ts';

const ITEMS = 300;
const PER_ITEM = 20;
const HALF_LIFE_DAYS = 10;
const itemIds = Array.from({ length: ITEMS }, (_, place) => `g${place}`);
const tables = (shift: number) => ({
  items: ITEMS,
  perItem: PER_ITEM,
  neighbours: Int32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => (cell * 31 + shift) % ITEMS),
  weights: Float32Array.from({ length: ITEMS * PER_ITEM }, (_, cell) => Math.sin(cell + shift)),
});

/** What the model means, in double precision and with nothing clever: the formula of models/algorithms/neighbours.ts. */
function reference(histories: EncodedHistories, shift: number): number[] {
  const { neighbours, weights } = tables(shift);
  const scores = Array<number>(histories.batch * ITEMS).fill(0);
  histories.weights.forEach((weight, cell) => {
    const decayed = weight * 2 ** (-histories.ages[cell]! / HALF_LIFE_DAYS);
    for (let n = 0; n < PER_ITEM; n++) {
      const at = histories.items[cell]! * PER_ITEM + n;
      scores[Math.floor(cell / HISTORY_LENGTH) * ITEMS + neighbours[at]!]! += decayed * weights[at]!;
    }
  });
  return scores;
}

const history = (length: number, step: number) =>
  Array.from({ length }, (_, place) => ({
    itemId: `g${(place * step) % ITEMS}`,
    weight: 1 - place / 100,
    ageDays: place / 3,
  }));
const places = new Map(itemIds.map((itemId, place) => [itemId, place]));
const asked = encodeHistories(
  [history(200, 7), [], [{ itemId: 'unknown', weight: 1, ageDays: 0 }], history(3, 11)],
  places,
);

async function publish(
  version: string,
  shift: number,
  damage: (manifest: ReleaseManifest, model: Uint8Array) => void = () => {},
) {
  const { file, plain } = encodeNeighbours(tables(shift), HALF_LIFE_DAYS, { version });
  const vocabulary = new TextEncoder().encode(JSON.stringify(itemIds));
  const one = encodeHistories([history(5, 3)], places);
  const expected = reference(one, shift)
    .map((score, place) => ({ place, score }))
    .slice(0, 10);
  const manifest: ReleaseManifest = {
    schema: 1,
    version,
    algorithm: 'test',
    parameters: {},
    createdAt: '2026-01-01T00:00:00Z',
    signature: SIGNATURE,
    items: ITEMS,
    model: { key: releaseKey(version, 'model.onnx'), bytes: file.length, sha256: await sha256Hex(file) },
    vocabulary: {
      key: releaseKey(version, 'vocabulary.json'),
      bytes: vocabulary.length,
      sha256: await sha256Hex(vocabulary),
    },
    plain,
    data: {
      snapshot: 's',
      from: '2026-01-01T00:00:00Z',
      until: '2026-01-01T00:00:00Z',
      users: 1,
      interactions: 1,
      lastSequence: 1,
    },
    metrics: {
      protocol: 'leave-one-out',
      candidate: { users: 1, 'hitRate@10': 0, 'ndcg@10': 0 },
      popularity: { users: 1, 'hitRate@10': 0, 'ndcg@10': 0 },
      current: null,
    },
    selfTest: { items: [...one.items], weights: [...one.weights], ages: [...one.ages], expected },
    trainSeconds: 1,
  };
  damage(manifest, file);
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  await env.BUCKET.put(releaseKey(version, 'model.onnx'), file);
  await env.BUCKET.put(releaseKey(version, 'vocabulary.json'), vocabulary);
  await env.BUCKET.put(releaseKey(version, 'manifest.json'), bytes);
  const pointer = {
    version,
    manifestKey: releaseKey(version, 'manifest.json'),
    manifestSha256: await sha256Hex(bytes),
    movedAt: '2026-01-01T00:00:00Z',
  };
  await env.BUCKET.put(RELEASE_POINTER_KEY, JSON.stringify(pointer));
  return { file, manifest };
}

function expectClose(scores: Float32Array, expected: readonly number[]) {
  expect(scores).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  scores.forEach((score, place) => {
    expect(Math.abs(score - expected[place]!), `place ${place}`).toBeLessThan(1e-4 * largest);
  });
}

it('scores in workerd as the formula says, with onnxruntime and with plain TypeScript, padded and empty rows too', async () => {
  expect(await loadRelease(env.BUCKET, undefined, 0)).toBeUndefined();
  const { file, manifest } = await publish('v1', 0);
  const loaded = await loadRelease(env.BUCKET, undefined, 0);
  expect(loaded!.scorer.engine).toBe('onnx');
  expectClose(await loaded!.scorer.score(asked), reference(asked, 0));
  expectClose(await createPlainScorer(file, manifest).score(asked), reference(asked, 0));
  expect(await loadRelease(env.BUCKET, loaded, 0)).toBe(loaded);
});

it('scores in workerd what the trainer scores with onnxruntime-node, within 1e-4', async () => {
  const { file } = await publish('parity', 3);
  const loaded = await loadRelease(env.BUCKET, undefined, 0);
  expect(loaded!.scorer.engine).toBe('onnx');
  const form = new FormData();
  form.set('batch', String(asked.batch));
  for (const [name, bytes] of Object.entries({
    model: file,
    items: asked.items,
    weights: asked.weights,
    ages: asked.ages,
  }))
    form.set(name, new Blob([bytes]));
  const { TRAINER } = env as unknown as { TRAINER: Fetcher };
  const response = await TRAINER.fetch('http://trainer/', { method: 'POST', body: form });
  const trained = new Float32Array(await response.arrayBuffer());
  const scores = await loaded!.scorer.score(asked);
  expect(trained).toHaveLength(scores.length);
  // Scores, not zeros: the tolerance is far below them.
  expect(Math.max(...trained)).toBeGreaterThan(0.5);
  trained.forEach((score, place) => {
    expect(Math.abs(scores[place]! - score), `place ${place}`).toBeLessThan(1e-4);
  });
});

it('swaps to a newer release, and keeps the one it has when the next is broken, saying why', async () => {
  const retired: string[] = [];
  const held = new Held<LoadedRelease | undefined>(
    'release',
    { freshMs: -1, staleMs: -1, waitMs: 10_000 },
    (release) => {
      retired.push(release!.manifest.version);
      return release!.scorer.release();
    },
  );
  const read = (now: number) =>
    held.read(
      (before) => loadRelease(env.BUCKET, before, now),
      now,
      () => {},
    );

  await publish('v1', 0);
  expect((await read(1)).value!.manifest.version).toBe('v1');
  await publish('v2', 5);
  const second = (await read(2)).value!;
  expect(second.manifest.version).toBe('v2');
  expect(retired).toEqual(['v1']);
  expectClose(await second.scorer.score(asked), reference(asked, 5));

  const damages: Record<string, [damage: Parameters<typeof publish>[2], reason: RegExp]> = {
    'one bit of the model': [
      (_, model) => {
        model[5_000]! ^= 1;
      },
      /does not have the sha256/,
    ],
    'an older model under a newer manifest': [
      (manifest) => {
        manifest.selfTest.expected[0]!.score += 1;
      },
      /self-test/,
    ],
    'another vocabulary': [
      (manifest) => {
        manifest.items = ITEMS + 1;
      },
      /vocabulary and manifest disagree/,
    ],
    'another schema': [
      (manifest) => {
        (manifest as { schema: number }).schema = 99;
      },
      /schema|Invalid/,
    ],
  };
  let now = 100_000;
  for (const [name, [damage, reason]] of Object.entries(damages)) {
    await publish(`broken-${now}`, 9, damage);
    now += 100_000;
    const reading = await read(now);
    expect(reading.value, name).toBe(second);
    expect(reading.failure, name).toMatch(reason);
  }
  expectClose(await second.scorer.score(asked), reference(asked, 5));
  expect(retired).toEqual(['v1']);

  await publish('v3', 7);
  expect((await read(now + 100_000)).value!.manifest.version).toBe('v3');
});
