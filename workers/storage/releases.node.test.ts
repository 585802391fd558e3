import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { RELEASE_POINTER_KEY, releaseKey } from '../../models/contracts/layout.ts';
import { RELEASE_SCHEMA } from '../../models/contracts/release.ts';
import { sealRelease } from '../../models/release/seal-release.ts';
import { readSigningKey } from '../../scripts/train/signing-key.ts';
import { fakeBucket } from '../../tests/fake-bucket.ts';
import { fakeFacts } from '../../tests/fake-release.ts';
import { readCanaryRequest } from './canary-request.ts';
import { readPointer, setPinned } from './release-pointer.ts';
import { publishRelease, readCurrentRelease, readManifest, readReleaseFile, readStoredRelease } from './releases.ts';

const NOW = Date.UTC(2026, 0, 1);

const release = (version: string) =>
  sealRelease(fakeFacts(version), {
    model: new TextEncoder().encode(`model of ${version}`),
    itemIds: ['a', 'b'],
    neighbours: { items: 2, perItem: 1, neighbours: Int32Array.of(1, 0), weights: Float32Array.of(1, 0.5) },
  });

test('a published release is the one in use, with the very files', async () => {
  const { bucket } = fakeBucket();
  expect(await readCurrentRelease({ BUCKET: bucket })).toEqual({
    etag: undefined,
    manifest: { ok: true, value: undefined },
  });
  const first = await release('v1');
  const published = await publishRelease(bucket, first, undefined, NOW);
  expect(published).toMatchObject({ ok: true, value: { isPinned: false, pointer: { version: 'v1', previous: null } } });
  expect((await readPointer(bucket))!.movedAt).toBe('2026-01-01T00:00:00.000Z');
  expect(await readManifest({ BUCKET: bucket }, (await readPointer(bucket))!)).toEqual(first.manifest);
  expect(await readReleaseFile(bucket, first.manifest.model)).toEqual(first.model);

  const { etag } = await readCurrentRelease({ BUCKET: bucket });
  expect((await publishRelease(bucket, await release('v2'), etag, NOW)).ok).toBe(true);
  const { version, manifestKey, manifestSha256 } = (await readPointer(bucket))!.previous!;
  expect(version).toBe('v1');
  expect(await readManifest({ BUCKET: bucket }, { version, manifestKey, manifestSha256 })).toEqual(first.manifest);
  expect((await readPointer(bucket))?.version).toBe('v2');
});

test('a pinned release stays in use; what is trained meanwhile is published, whenever it was pinned', async () => {
  const { bucket, objects } = fakeBucket();
  await publishRelease(bucket, await release('v1'), undefined, NOW);
  const { etag } = await readCurrentRelease({ BUCKET: bucket });
  expect(await setPinned(bucket, 'v0', true)).toBeUndefined();
  const pinned = await setPinned(bucket, 'v1', true);
  expect(pinned).toMatchObject({ version: 'v1', pinned: true });
  const again = (await readCurrentRelease({ BUCKET: bucket })).etag;
  expect(again).not.toBe(etag);
  for (const [version, seen] of [
    ['v2', etag],
    ['v3', again],
  ] as const) {
    const published = await publishRelease(bucket, await release(version), seen, NOW + 1);
    expect(published).toEqual({ ok: true, value: { pointer: pinned, isPinned: true, isCanary: false } });
    expect(objects.has(releaseKey(version, 'manifest.json'))).toBe(true);
  }
  expect(await readPointer(bucket)).toEqual(pinned);
  await setPinned(bucket, 'v1', false);
  const unpinned = (await readCurrentRelease({ BUCKET: bucket })).etag;
  expect(await publishRelease(bucket, await release('v4'), unpinned, NOW)).toMatchObject({
    value: { isPinned: false },
  });
  expect(await readPointer(bucket)).toMatchObject({ version: 'v4', pinned: false, previous: { version: 'v1' } });
});

test('with a canary the pointer stays, and the Worker is asked for it; the first release needs none', async () => {
  const { bucket } = fakeBucket();
  const first = await publishRelease(bucket, await release('v1'), undefined, NOW, { canaryShare: 0.05 });
  expect(first).toMatchObject({ value: { isCanary: false, pointer: { version: 'v1' } } });
  expect(await readCanaryRequest(bucket)).toBeUndefined();
  // Also if the pointer has moved meanwhile: the canary compares with what is in use then.
  const second = await publishRelease(bucket, await release('v2'), 'older', NOW, { canaryShare: 0.05 });
  expect(second).toMatchObject({ value: { isCanary: true, pointer: { version: 'v1' } } });
  expect(await readPointer(bucket)).toMatchObject({ version: 'v1' });
  expect(await readCanaryRequest(bucket)).toMatchObject({ version: 'v2', share: 0.05 });
  await setPinned(bucket, 'v1', true);
  const pinned = await publishRelease(bucket, await release('v3'), undefined, NOW, { canaryShare: 0.05 });
  expect(pinned).toMatchObject({ value: { isCanary: false, isPinned: true } });
});

test('a damaged pointer, or a manifest under another name, is an error; the next release may replace it', async () => {
  const { bucket, objects } = fakeBucket();
  const first = await release('v1');
  await publishRelease(bucket, first, undefined, NOW);
  const pointer = (await readPointer(bucket))!;
  await expect(readManifest({ BUCKET: bucket }, { ...pointer, version: 'v2' })).rejects.toThrow(
    'is the manifest of v1, not of v2',
  );
  objects.get(RELEASE_POINTER_KEY)!.bytes.fill(0, 0, 5);
  const { etag, manifest } = await readCurrentRelease({ BUCKET: bucket });
  expect(manifest).toEqual({ ok: false, error: expect.stringContaining('the pointer is damaged') });
  expect(await publishRelease(bucket, await release('v2'), etag, NOW)).toMatchObject({ ok: true });
  expect(await readPointer(bucket)).toMatchObject({ version: 'v2', previous: null });
});

test('a trainer that began before another published loses the race, and the pointer stays', async () => {
  const { bucket } = fakeBucket();
  const none = await readCurrentRelease({ BUCKET: bucket });
  await publishRelease(bucket, await release('v1'), none.etag, NOW);
  const late = await publishRelease(bucket, await release('v2'), none.etag, NOW);
  expect(late).toMatchObject({ ok: false, error: expect.stringContaining('changed meanwhile') });

  const seen = await readCurrentRelease({ BUCKET: bucket });
  expect((await publishRelease(bucket, await release('v3'), seen.etag, NOW)).ok).toBe(true);
  expect((await publishRelease(bucket, await release('v4'), seen.etag, NOW)).ok).toBe(false);
  expect((await readPointer(bucket))?.version).toBe('v3');
});

test('files never change: the same bytes may be published again, others under the same name may not', async () => {
  const { bucket, objects } = fakeBucket();
  const first = await release('v1');
  await publishRelease(bucket, first, undefined, NOW);
  objects.delete(RELEASE_POINTER_KEY);
  expect((await publishRelease(bucket, first, undefined, NOW)).ok).toBe(true);

  const other = await release('v1');
  other.model = new TextEncoder().encode('another model');
  other.manifest.model.sha256 = await sha256Hex(other.model);
  const { etag } = await readCurrentRelease({ BUCKET: bucket });
  const refused = await publishRelease(bucket, other, etag, NOW);
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('model.onnx does not have the sha256') });
  expect(await readReleaseFile(bucket, first.manifest.model)).toEqual(first.model);
});

test('a flipped byte in any file is noticed when it is read', async () => {
  const { bucket, objects } = fakeBucket();
  const files = await release('v1');
  const { manifest } = files;
  await publishRelease(bucket, files, undefined, NOW);
  const pointer = (await readPointer(bucket))!;
  const flip = (key: string) => {
    objects.get(key)!.bytes[5]! ^= 1;
  };
  for (const file of [manifest.model, manifest.vocabulary, manifest.neighbours]) {
    flip(file.key);
    await expect(readReleaseFile(bucket, file)).rejects.toThrow('sha256');
    flip(file.key);
  }
  flip(pointer.manifestKey);
  await expect(readManifest({ BUCKET: bucket }, pointer)).rejects.toThrow('sha256');
  const { etag, manifest: current } = await readCurrentRelease({ BUCKET: bucket });
  expect(etag).toBeDefined();
  expect(current).toMatchObject({ ok: false, error: expect.stringContaining('the release in use cannot be read') });
  objects.delete(pointer.manifestKey);
  await expect(readManifest({ BUCKET: bucket }, pointer)).rejects.toThrow('is missing');
});

test('a release of another schema says what to do: train again, or deploy what trained it', async () => {
  for (const [schema, advice] of [
    [RELEASE_SCHEMA - 1, 'train again with this version'],
    [RELEASE_SCHEMA + 1, 'deploy the version that trained it'],
  ] as const) {
    const { bucket } = fakeBucket();
    const files = await release('v1');
    Object.assign(files.manifest, { schema });
    await publishRelease(bucket, files, undefined, NOW);
    const { etag, manifest } = await readCurrentRelease({ BUCKET: bucket });
    expect(manifest).toMatchObject({ ok: false, error: expect.stringContaining(`is of schema ${schema}`) });
    expect(manifest).toMatchObject({ ok: false, error: expect.stringContaining(advice) });
    // Publishing over it with --force is possible.
    expect((await publishRelease(bucket, await release('v2'), etag, NOW)).ok).toBe(true);
  }
});

test('a ranking part of another version leaves the release readable, and counts as none', async () => {
  const { bucket } = fakeBucket();
  const files = await release('v1');
  Object.assign(files.manifest, { ranking: { trees: 100 } });
  await publishRelease(bucket, files, undefined, NOW);
  expect((await readManifest({ BUCKET: bucket }, (await readPointer(bucket))!)).ranking).toEqual({ trees: 100 });
  const { manifest } = await readCurrentRelease({ BUCKET: bucket });
  expect(manifest).toEqual({ ok: true, value: { ...files.manifest, ranking: null } });
});

test('with public keys, a release is read only if one of them signed its very manifest', async () => {
  const { bucket, objects } = fakeBucket();
  const makeKey = () =>
    readSigningKey(undefined, JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })))!;
  const [own, other] = [makeKey(), makeKey()];
  const read = (version: string, RELEASE_KEYS: string) => readStoredRelease({ BUCKET: bucket, RELEASE_KEYS }, version);
  await publishRelease(bucket, await release('v1'), undefined, NOW);
  await expect(read('v1', own.publicKey)).rejects.toThrow('it is not signed, and RELEASE_KEYS requires a signature');
  // An unsigned release in use is one that a trainer cannot compare with, either.
  const { etag, manifest } = await readCurrentRelease({ BUCKET: bucket, RELEASE_KEYS: own.publicKey });
  expect(manifest).toMatchObject({ ok: false, error: expect.stringContaining('not signed') });

  const files = await release('v2');
  await publishRelease(bucket, files, etag, NOW, { sign: own.sign });
  for (const keys of ['', own.publicKey, ` ${other.publicKey}  ${own.publicKey} `])
    expect(await read('v2', keys), keys).toMatchObject({ manifest: files.manifest });
  await expect(read('v2', other.publicKey)).rejects.toThrow('by none of the keys in RELEASE_KEYS');
  for (const [wrong, entry] of [
    ['x', 1],
    [own.publicKey.slice(1), 1],
    [`${own.publicKey} later`, 2],
  ] as const)
    await expect(read('v2', wrong), wrong).rejects.toThrow(
      new RegExp(`^entry ${entry} of RELEASE_KEYS is no public key of \`npm run releases -- make-key\`$`),
    );

  // A signature of another manifest, under a pointer with honest digests.
  const stored = objects.get(releaseKey('v2', 'manifest.json'))!;
  stored.bytes = new TextEncoder().encode(new TextDecoder().decode(stored.bytes).replace('"v2"', '"v2" '));
  const named = {
    version: 'v2',
    manifestKey: releaseKey('v2', 'manifest.json'),
    manifestSha256: await sha256Hex(stored.bytes),
  };
  await expect(readManifest({ BUCKET: bucket, RELEASE_KEYS: own.publicKey }, named)).rejects.toThrow(
    'by none of the keys',
  );
  expect(await readManifest({ BUCKET: bucket }, named)).toMatchObject({ version: 'v2' });
});
