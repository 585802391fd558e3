import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { explainUnsigned } from '../../models/contracts/release-signature.ts';
import { assertAccepted, readSigningKey, writeSigningKey } from './signing-key.ts';

test('a new key is in a file of its owner; it signs from there or from the environment', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'key.json');
  const publicKey = writeSigningKey(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(() => writeSigningKey(file)).toThrow('EEXIST');
  expect(readFileSync(file, 'utf8')).toBe(text);

  const manifest = new TextEncoder().encode('a manifest');
  for (const key of [readSigningKey(file, 'not read')!, readSigningKey(undefined, text)!]) {
    expect(key.publicKey).toBe(publicKey);
    expect(await explainUnsigned(manifest, key.sign(manifest), publicKey)).toBeUndefined();
  }
  expect(readSigningKey(undefined, '')).toBeUndefined();
  const wrong = path.join(folder, 'wrong');
  writeFileSync(wrong, JSON.stringify({ ...JSON.parse(text), crv: 'P-256' }));
  for (const read of [() => readSigningKey(wrong), () => readSigningKey(undefined, `${text.slice(0, -4)}`)]) {
    expect(read).toThrow('is no key of `npm run releases -- make-key`');
    expect(read).not.toThrow(JSON.parse(text).d);
  }
});

test('a training ends before it begins if the Worker would refuse its release', () => {
  const key = { publicKey: 'own', sign: () => '' };
  assertAccepted(undefined, undefined);
  assertAccepted(key, '');
  assertAccepted(key, 'other own');
  expect(() => assertAccepted(undefined, 'own')).toThrow(/--signing-key FILE or .* RELEASE_SIGNING_KEY/);
  expect(() => assertAccepted(key, 'other')).toThrow('add “own” in wrangler.toml and deploy');
});
