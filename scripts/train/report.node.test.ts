import { expect, test } from 'vitest';
import { sealRelease } from '../../models/release/seal-release.ts';
import { fakeFacts } from '../../tests/fake-release.ts';
import { formatReport, type Outcome, toJson } from './report.ts';

test('a training that does not put its release into use says so, and how it comes into use', async () => {
  const { manifest } = await sealRelease(fakeFacts('v2'), {
    model: new Uint8Array(1),
    itemIds: ['a', 'b'],
    neighbours: { items: 2, perItem: 1, neighbours: Int32Array.of(1, 0), weights: Float32Array.of(1, 1) },
  });
  const outcome: Outcome = {
    outcome: 'published',
    pinned: null,
    isCanary: false,
    reason: 'better',
    manifest,
    candidates: [],
    ranker: { outcome: 'none', reason: 'no rows' },
    seconds: 1,
    peakMemoryMB: 100,
  };
  expect(formatReport(outcome)).not.toContain('pinned');
  expect(formatReport(outcome)).toContain('The gate accepts: better.');
  expect(formatReport({ ...outcome, outcome: 'forced' })).toContain('The gate refuses: better.');
  const pinned = { ...outcome, pinned: 'v1' };
  expect(formatReport(pinned)).toMatch(
    /^Published v2.*\n.*not in use: .* pinned to v1\..*npm run releases -- activate v2$/m,
  );
  expect(formatReport({ ...outcome, isCanary: true })).toContain('npm run experiments -- report canary-v2');
  expect(toJson(pinned)).toMatchObject({ outcome: 'published', version: 'v2', pinned: 'v1' });
});
