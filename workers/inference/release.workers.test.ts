import { env } from 'cloudflare:workers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import { RELEASE_POINTER_KEY, releaseKey } from '../../models/contracts/layout.ts';
import { NO_NEIGHBOURS } from '../../models/contracts/neighbours.ts';
import { HISTORY_LENGTH, RELEASE_SCHEMA } from '../../models/contracts/release.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import { type Publication, publishFake, scoreByHand } from '../../tests/fake-release.ts';
import { loadNamed } from '../../tests/load-release.ts';
import { Cache } from '../storage/cache.ts';
import { activateRelease, findRelease } from '../storage/release-list.ts';
import { readNeighbours } from './neighbours.ts';
import type { LoadedRelease } from './release.ts';

const ITEMS = 300;
const itemIds = Array.from({ length: ITEMS }, (_, index) => `g${index}`);
const history = (length: number, step: number) =>
  Array.from({ length }, (_, age) => ({
    itemId: `g${(age * step) % ITEMS}`,
    weight: 1 - age / 100,
    ageDays: age / 3,
  }));
/** In order: longer than a model reads, all items equal, short, empty, no item in the vocabulary. */
const histories = [
  history(200, 7),
  itemIds.map((itemId) => ({ itemId, weight: 1, ageDays: 0 })),
  history(3, 11),
  [],
  [{ itemId: 'unknown', weight: 1, ageDays: 0 }],
];
/** The first histories, whose scores differ from item to item. */
const VARIED_HISTORIES = 3;
const encode = ({ itemIndices }: LoadedRelease) => encodeHistories(histories, itemIndices);

const { TRAINER } = env as unknown as { TRAINER: Fetcher };

/** As Cloudflare's documentation describes production. The whole file runs without shared memory. */
const { Memory } = WebAssembly;
class UnsharedMemory extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    if (descriptor.shared) throw new TypeError('shared memory is not permitted');
    super(descriptor);
  }
}
(WebAssembly as { Memory: unknown }).Memory = UnsharedMemory;
Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');

/** The output of the same model by upstream's onnxruntime-web, which runs in shared memory. */
async function runInSharedMemory(
  model: Uint8Array,
  inputs: Record<string, [data: Float32Array | Int32Array, dimensions: number[]]>,
): Promise<Float32Array> {
  const form = new FormData();
  form.set('model', new Blob([Uint8Array.from(model)]));
  const entries = Object.entries(inputs);
  form.set('inputs', JSON.stringify(Object.fromEntries(entries.map(([name, [, dimensions]]) => [name, dimensions]))));
  for (const [name, [data]] of entries) form.set(name, new Blob([data as Float32Array<ArrayBuffer>]));
  const response = await TRAINER.fetch('http://trainer/shared-memory', { method: 'POST', body: form });
  return new Float32Array(await response.arrayBuffer());
}

/** Opens a model until plain memory has grown. `check`: runs then, and after the models were released. */
async function growMemory(model: Uint8Array, check: () => Promise<void>): Promise<void> {
  const { createOrtScorer } = await import('./ort.ts');
  const opened = [await createOrtScorer(model)];
  const bytes = opened[0]!.memoryBytes();
  while (opened[0]!.memoryBytes() === bytes && opened.length < 100) opened.push(await createOrtScorer(model));
  expect(opened[0]!.memoryBytes()).toBeGreaterThan(bytes);
  await check();
  for (const scorer of opened) await scorer.release();
  await check();
}

const cutOff = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1);

async function expectScores(release: LoadedRelease, shift: number) {
  const scores = await release.scorer.score(encode(release));
  const expected = scoreByHand(encode(release), release.itemIds.length, shift);
  expect(scores).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  scores.forEach((score, itemIndex) => {
    expect(Math.abs(score - expected[itemIndex]!), `item ${itemIndex}`).toBeLessThan(1e-4 * largest);
  });
}

it("scores in workerd as the formula does, even padded and empty rows, and reads an item's neighbours", async () => {
  expect(await loadNamed(env, undefined, 0)).toBeUndefined();
  await publishFake(env.BUCKET, 'v1', { itemIds, shift: 0 });
  const loaded = (await loadNamed(env, undefined, 0))!;
  expect([loaded.scorer.engine, loaded.scorer.memory]).toEqual(['onnx', 'plain']);
  expect([WebAssembly.Memory, typeof Atomics.waitAsync]).toEqual([UnsharedMemory, 'function']);
  await expectScores(loaded, 0);
  const { itemIds: vocabulary, positions, weights } = readNeighbours(loaded, 'g299');
  expect([positions.length, weights.length]).toEqual([20, 20]);
  expect([vocabulary[positions[0]!], weights[0]]).toEqual(['g0', 1]);
  expect([vocabulary[positions[1]!], weights[1]]).toEqual(['g7', 0.5]);
  expect(readNeighbours(loaded, 'unknown')).toEqual(NO_NEIGHBOURS);
  expect(await loadNamed(env, loaded, 0)).toBe(loaded);
});

it.each(['popularity', 'transitions', 'content', 'sasrec', 'blend'])(
  'scores %s in workerd as in shared memory, bit by bit, and as onnxruntime-node does, within 1e-4',
  async (kind) => {
    const drawn = await TRAINER.fetch(`http://trainer/models/${kind}?items=${ITEMS}`);
    const file = new Uint8Array(await drawn.arrayBuffer());
    const asked = encodeHistories(histories, new Map(itemIds.map((itemId, index) => [itemId, index])));
    const form = new FormData();
    form.set('batch', String(asked.batch));
    const { items, weights, ages } = asked;
    for (const [name, bytes] of Object.entries({ model: file, items, weights, ages }))
      form.set(name, new Blob([bytes]));
    const response = await TRAINER.fetch('http://trainer/scores', { method: 'POST', body: form });
    const trained = new Float32Array(await response.arrayBuffer());
    await publishFake(env.BUCKET, kind, {
      itemIds,
      shift: 3,
      alter: (contents, { selfTest }) => {
        contents.model = file;
        selfTest.history = histories[0]!;
        selfTest.expected = itemIds.map((itemId, index) => ({ itemId, score: trained[index]! }));
      },
    });
    const loaded = (await loadNamed(env, undefined, 0))!;
    expect(loaded.scorer.engine).toBe('onnx');
    const scores = await loaded.scorer.score(asked);
    const shape = [asked.batch, HISTORY_LENGTH];
    const shared = await runInSharedMemory(file, {
      items: [items, shape],
      weights: [weights, shape],
      ages: [ages, shape],
    });
    expect(scores, kind).toEqual(shared);
    if (kind === 'blend') await growMemory(file, async () => expect(await loaded.scorer.score(asked)).toEqual(shared));
    expect(trained).toHaveLength(scores.length);
    for (let row = 0; row < asked.batch; row++) {
      const expected = trained.subarray(row * ITEMS, (row + 1) * ITEMS);
      const largest = Math.max(...expected);
      // Equal scores would agree even if the model were wrong.
      if (row < VARIED_HISTORIES) expect(Math.min(...expected), `${kind}, history ${row}`).toBeLessThan(largest / 1.5);
      expected.forEach((score, itemIndex) => {
        const difference = Math.abs(scores[row * ITEMS + itemIndex]! - score);
        expect(difference, `${kind}, history ${row}, item ${itemIndex}`).toBeLessThanOrEqual(1e-4 * largest);
      });
    }
  },
);

it('swaps to a newer release; keeps the loaded one if the next is broken, and says why', async () => {
  const retired: string[] = [];
  const cache = new Cache<LoadedRelease | undefined>(
    'release',
    { freshMs: -1, staleMs: -1, waitMs: 10_000 },
    {
      retire: (release) => {
        retired.push(release!.manifest.version);
        return release!.scorer.release();
      },
    },
  );
  let now = 0;
  const read = () => {
    now += 100_000;
    return cache.get(
      (previous) => loadNamed(env, previous, now),
      now,
      () => {},
    );
  };

  await publishFake(env.BUCKET, 'swap1', { itemIds, shift: 0 });
  expect((await read()).value!.manifest.version).toBe('swap1');
  await publishFake(env.BUCKET, 'swap2', { itemIds, shift: 5 });
  const second = (await read()).value!;
  expect(second.manifest.version).toBe('swap2');
  expect(retired).toEqual(['swap1']);
  await expectScores(second, 5);

  const flip = (bytes: Uint8Array) => {
    bytes[bytes.length >> 1]! ^= 1;
  };
  const breaks: Record<string, [how: Partial<Publication>, reason: RegExp]> = {
    'a flipped bit in the model': [{ damage: ({ model }) => flip(model) }, /model\.onnx does not have the sha256/],
    'a flipped bit in the vocabulary': [{ damage: ({ vocabulary }) => flip(vocabulary) }, /vocabulary\.json does not/],
    'a flipped bit in the neighbours': [{ damage: ({ neighbours }) => flip(neighbours) }, /neighbours\.bin does not/],
    'a model cut off': [
      { damage: (files) => Object.assign(files, { model: cutOff(files.model) }) },
      /model\.onnx does not have the sha256/,
    ],
    'neighbours cut off': [
      { damage: (files) => Object.assign(files, { neighbours: cutOff(files.neighbours) }) },
      /neighbours\.bin does not have the sha256/,
    ],
    'a manifest that was changed': [
      { damage: ({ manifest }) => Object.assign(manifest, { trainSeconds: 7 }) },
      /manifest\.json does not have the sha256/,
    ],
    'a model that was never one': [
      { alter: (contents) => Object.assign(contents, { model: contents.model.slice(100) }) },
      /onnxruntime refuses the model/,
    ],
    'an older model under a newer manifest': [
      { alter: (_, { selfTest }) => Object.assign(selfTest.expected[0]!, { score: 9 }) },
      /self-test: “g0” scores .*, the trainer's score was 9/,
    ],
    'a self-test that tests nothing': [
      { alter: (_, { selfTest }) => Object.assign(selfTest, { expected: [] }) },
      /self-test: it expects no score/,
    ],
    'a permuted vocabulary': [
      { alter: (contents) => Object.assign(contents, { itemIds: itemIds.with(298, 'g299').with(299, 'g298') }) },
      /trained on another vocabulary, or on the same one in another order/,
    ],
    'a self-test of other ids': [
      {
        alter: (_, { selfTest }) => {
          selfTest.history = selfTest.history.map((item) => ({
            ...item,
            itemId: `g${300 - Number(item.itemId.slice(1)) - 1}`,
          }));
        },
      },
      /self-test: “g0” scores/,
    ],
    'a self-test of an unknown id': [
      { alter: (_, { selfTest }) => Object.assign(selfTest.expected[1]!, { itemId: 'unknown' }) },
      /self-test: “unknown” is not in the vocabulary/,
    ],
    'a vocabulary that the model was not trained on': [
      { alter: (contents) => Object.assign(contents, { itemIds: [...itemIds, 'one more'] }) },
      /48000 bytes of neighbours, but 20 for each of 301 items take 48160/,
    ],
    'a vocabulary that names an item twice': [
      { alter: (contents) => Object.assign(contents, { itemIds: itemIds.with(1, 'g0') }) },
      /a vocabulary of 299 items, but the manifest says 300/,
    ],
    'a neighbour that does not exist': [
      { alter: ({ neighbours }) => neighbours.neighbours.fill(ITEMS, 77, 78) },
      /a neighbour with index 300 in a vocabulary of 300 items/,
    ],
    'an older schema': [
      { schema: 1 },
      new RegExp(`is of schema 1, but this version reads ${RELEASE_SCHEMA}: train again`),
    ],
    'a schema of the future': [
      { schema: 99 },
      new RegExp(`is of schema 99, but this version reads ${RELEASE_SCHEMA}: deploy`),
    ],
  };
  for (const [name, [how, reason]] of Object.entries(breaks)) {
    await publishFake(env.BUCKET, name.replaceAll(' ', '-'), { itemIds, shift: 9, ...how });
    const reading = await read();
    expect(reading.value, name).toBe(second);
    expect(reading.failure, name).toMatch(reason);
  }
  await expectScores(second, 5);
  expect(retired).toEqual(['swap1']);

  const changed = [...itemIds.slice(20).toReversed(), 'new game'];
  await publishFake(env.BUCKET, 'swap3', { itemIds: changed, shift: 7 });
  const third = (await read()).value!;
  expect(third.manifest.version).toBe('swap3');
  await expectScores(third, 7);
  const { itemIds: vocabulary, positions, weights } = readNeighbours(third, 'new game');
  expect([vocabulary[positions[0]!], weights[0]]).toEqual([changed[7]!, 1]);
});

it('opens the ranking model of a release; leaves out an unusable one, but keeps the release', async () => {
  const drawn = await (await TRAINER.fetch('http://trainer/ranker')).json<RankingContents & { model: number[] }>();
  const ranking = { ...drawn, model: Uint8Array.from(drawn.model) };
  const publish = (version: string, changes: object = {}, damage: Publication['damage'] = () => {}) =>
    publishFake(env.BUCKET, version, {
      itemIds,
      shift: 0,
      damage,
      alter: (contents) => Object.assign(contents, { ranking: { ...ranking, ...changes } }),
    });

  await publish('ranking1');
  const loaded = (await loadNamed(env, undefined, 0))!;
  const { features, expected } = ranking.selfTest;
  const candidates = features.length / FEATURES.length;
  const expectProbabilities = async ({ ranking: { ranker } }: LoadedRelease) => {
    const inputs = Float32Array.from(features);
    const probabilities = await ranker!.predict(inputs, candidates);
    expect(probabilities).toEqual(
      await runInSharedMemory(ranking.model, { features: [inputs, [candidates, FEATURES.length]] }),
    );
    expect(probabilities).toHaveLength(candidates * ACTIONS.length);
    expected.forEach((value, at) => {
      expect(Math.abs(probabilities[at]! - value)).toBeLessThan(1e-4);
    });
  };
  expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
  expect(loaded.ranking.failure).toBeUndefined();
  await expectProbabilities(loaded);

  const { selfTest } = ranking;
  const breaks: [name: string, changes: object, reason: RegExp, damage?: Publication['damage']][] = [
    ['another-list', { featuresHash: 'fedcba' }, /reads the features fedcba, but this version encodes .*: train again/],
    ['other-actions', { actions: ['click'] }, /predicts the actions click, but this version ranks by .*: train again/],
    ['another-part', { selfTest: undefined }, /cannot read the ranking part of the manifest/],
    ['no-model', { model: ranking.model.slice(50) }, /onnxruntime refuses the ranking model/],
    [
      'another-model',
      { selfTest: { ...selfTest, expected: selfTest.expected.with(3, 0.123) } },
      /self-test of the ranking model: probability 3 is .*, the trainer's was 0.123/,
    ],
    [
      'rare-actions',
      { selfTest: { ...selfTest, expected: selfTest.expected.map((value) => value + 0.9e-4) } },
      /self-test of the ranking model: probability \d+ is/,
    ],
    [
      'changed-file',
      {},
      /ranking\.onnx does not have the sha256/,
      (files) => Object.assign(files, { ranking: cutOff(files.ranking!) }),
    ],
  ];
  for (const [name, changes, reason, damage] of breaks) {
    await publish(name, changes, damage);
    const without = (await loadNamed(env, loaded, 0))!;
    expect(without.manifest.version).toBe(name);
    await expectScores(without, 0);
    expect(without.ranking, name).toEqual({ ranker: null, failure: expect.stringMatching(reason) });
  }
  await publishFake(env.BUCKET, 'without', { itemIds, shift: 0 });
  expect((await loadNamed(env, loaded, 0))!.ranking).toEqual({ ranker: null, failure: undefined });

  await publish('later');
  const file = (await env.BUCKET.get(releaseKey('later', 'ranking.onnx')))!;
  await env.BUCKET.delete(releaseKey('later', 'ranking.onnx'));
  const repaired = (await loadNamed(env, loaded, 0))!;
  expect(repaired.ranking.failure).toMatch(/ranking\.onnx is missing/);
  await env.BUCKET.put(releaseKey('later', 'ranking.onnx'), await file.arrayBuffer());
  expect((await loadNamed(env, repaired, 30_000))!.ranking.ranker).toBeNull();
  expect(await loadNamed(env, repaired, 60_000)).toBe(repaired);
  expect(repaired.ranking.failure).toBeUndefined();
  await expectProbabilities(repaired);
});

it('serves the release before if the newest is broken when an isolate starts, and says why', async () => {
  const flip = ({ model }: { model: Uint8Array }) => {
    model[200]! ^= 1;
  };
  const before = await publishFake(env.BUCKET, 'before', { itemIds, shift: 2 });
  await publishFake(env.BUCKET, 'newest', { itemIds, shift: 3, previous: before, damage: flip });
  const standIn = (await loadNamed(env, undefined, 0))!;
  expect(standIn.manifest.version).toBe('before');
  expect(standIn.newestFailure).toMatch(/^newest: .*model\.onnx does not have the sha256/);
  await expectScores(standIn, 2);
  // It stays until the newest can be loaded.
  await expect(loadNamed(env, standIn, 30_000)).rejects.toThrow(/^newest: /);
  const gets = vi.spyOn(env.BUCKET, 'get');
  onTestFinished(() => gets.mockRestore());
  expect((await loadNamed(env, undefined, 30_000))!.manifest.version).toBe('before');
  expect(gets.mock.calls.flat()).not.toContain(releaseKey('newest', 'manifest.json'));

  // Moving the pointer back ends the degradation.
  const pointer = { ...before, movedAt: '2026-01-01T00:00:00Z' };
  await env.BUCKET.put(RELEASE_POINTER_KEY, JSON.stringify(pointer));
  expect(await loadNamed(env, standIn, 31_000)).toBe(standIn);
  expect(standIn.newestFailure).toBeUndefined();

  const other = await publishFake(env.BUCKET, 'other', { itemIds, shift: 3, damage: flip });
  await publishFake(env.BUCKET, 'both', { itemIds, shift: 4, previous: other, damage: flip });
  await expect(loadNamed(env, undefined, 0)).rejects.toThrow(/^both: .*; other: /);
});

it('loads a release once for callers at the same time, also one that stands in', async () => {
  const loadTwice = () => Promise.all([loadNamed(env, undefined, 0), loadNamed(env, undefined, 0)]);
  const previous = await publishFake(env.BUCKET, 'once', { itemIds, shift: 2 });
  const [first, second] = await loadTwice();
  expect(second).toBe(first);
  await expectScores(first!, 2);
  const damage = ({ model }: { model: Uint8Array }) => model.fill(0, 100, 200);
  await publishFake(env.BUCKET, 'once-broken', { itemIds, shift: 3, previous, damage });
  const [standIn, same] = await loadTwice();
  expect(same).toBe(standIn);
  expect(standIn!.newestFailure).toMatch(/^once-broken: /);
  expect(await loadNamed(env, undefined, 0)).not.toBe(standIn);
});

it('refuses a release that no key of RELEASE_KEYS signed, and does not activate it', async () => {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer;
  const keyed = { ...env, RELEASE_KEYS: Buffer.from(raw).toString('base64url') };
  await publishFake(env.BUCKET, 'signed', { itemIds, shift: 0 });
  await expect(loadNamed(keyed, undefined, 0)).rejects.toThrow(/^signed: it is not signed/);
  expect(await activateRelease(keyed, 'signed', 0)).toEqual({
    ok: false,
    error: { isMissing: false, reason: expect.stringContaining('it is not signed') },
  });
  const manifest = await (await env.BUCKET.get(releaseKey('signed', 'manifest.json')))!.arrayBuffer();
  const signature = await crypto.subtle.sign('Ed25519', privateKey, manifest);
  await env.BUCKET.put(releaseKey('signed', 'manifest.sig'), Buffer.from(signature).toString('base64url'));
  expect((await loadNamed(keyed, undefined, 60_000))!.manifest.version).toBe('signed');
  expect(await activateRelease(keyed, 'signed', 0)).toMatchObject({ ok: true });
  const secret = JSON.stringify(await crypto.subtle.exportKey('jwk', privateKey));
  expect(await findRelease({ ...keyed, RELEASE_KEYS: `${keyed.RELEASE_KEYS} ${secret}` }, 'signed')).toMatchObject({
    failure: 'entry 2 of RELEASE_KEYS is no public key of `npm run releases -- make-key`',
  });
});

it('retries at once after R2 was down, but not after a release was broken', async () => {
  await publishFake(env.BUCKET, 'unread', { itemIds, shift: 0 });
  const down = new Proxy(env.BUCKET, {
    get: (bucket, method) => async (key: string) => {
      if (method !== 'get' || key.endsWith('model.onnx')) throw new Error('R2 is down');
      return bucket.get(key);
    },
  });
  await expect(loadNamed({ ...env, BUCKET: down }, undefined, 0)).rejects.toThrow(
    /^unread: .*model\.onnx cannot be read: R2 is down/,
  );
  await expectScores((await loadNamed(env, undefined, 2_000))!, 0);

  await publishFake(env.BUCKET, 'incomplete', { itemIds, shift: 0 });
  const key = releaseKey('incomplete', 'model.onnx');
  const model = await (await env.BUCKET.get(key))!.arrayBuffer();
  await env.BUCKET.delete(key);
  await expect(loadNamed(env, undefined, 0)).rejects.toThrow('model.onnx is missing');
  await env.BUCKET.put(key, model);
  await expect(loadNamed(env, undefined, 2_000)).rejects.toThrow('model.onnx is missing');
  await expectScores((await loadNamed(env, undefined, 60_000))!, 0);
});

it('loads a release even if this location’s cache fails', async () => {
  const down = () => Promise.reject(new Error('the cache is down'));
  onTestFinished(() => void vi.restoreAllMocks());
  const log = vi.spyOn(console, 'warn');
  const puts = vi.spyOn(caches.default, 'put').mockImplementation(down);
  await publishFake(env.BUCKET, 'uncached1', { itemIds, shift: 0 });
  await expectScores((await loadNamed(env, undefined, 0))!, 0);
  const matches = vi.spyOn(caches.default, 'match').mockImplementation(down);
  await publishFake(env.BUCKET, 'uncached2', { itemIds, shift: 1 });
  await expectScores((await loadNamed(env, undefined, 0))!, 1);
  expect(puts).toHaveBeenCalledTimes(8);
  expect(matches).toHaveBeenCalledTimes(4);
  expect(log.mock.calls.filter(([line]) => String(line).includes('the cache is down'))).toHaveLength(1);
});
