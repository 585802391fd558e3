import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runAbuse } from './run.ts';

const REQUESTS = 1_500;

test('no attack and no fuzzed request gets through', { timeout: 600_000 }, async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'abuse-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const { attacks, fuzz, survived, alerts, canaries } = await runAbuse(
    { state, requests: REQUESTS, seed: 1, onProgress() {} },
    { add: () => () => {}, exit: () => new Promise(() => {}), started: false, urgent: false },
  );
  expect(attacks.filter(({ breaches }) => breaches.length > 0)).toEqual([]);
  expect(attacks.every(({ attempts }) => attempts > 0)).toBe(true);
  expect(fuzz.findings).toEqual([]);
  expect(fuzz.requests).toBeGreaterThanOrEqual(REQUESTS);
  // Callers who may do something get beyond the refusals, and strangers do not.
  expect(fuzz.callers['admin key']!.accepted).toBeGreaterThan(20);
  for (const name of ['token', 'issuer’s token']) expect(fuzz.callers[name]!.accepted, name).toBeGreaterThan(5);
  expect(survived).toBe(true);
  expect(alerts).toEqual([]);
  // The canaries are there to be found, and were not erased.
  expect(canaries.before).toBeGreaterThan(10);
  expect(canaries.after).toBe(canaries.before);
});
