import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { encodeHistories } from '../../models/features/history.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { readNeighbours } from './neighbours.ts';
import { loadRelease } from './release.ts';

it('sums the neighbours of a history, halved every 14 days, if onnxruntime does not start', async () => {
  const itemIds = Array.from({ length: 300 }, (_, index) => `g${index}`);
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new Error('no memory left'));
  await publishFake(env.BUCKET, 'plain', { itemIds, shift: 0 });
  const release = (await loadRelease(env, undefined, 0))!;
  expect(release.scorer.engine).toBe('plain');

  const history = [
    { itemId: 'g3', weight: 1, ageDays: 0 },
    { itemId: 'g10', weight: 0.8, ageDays: 14 },
    { itemId: 'g11', weight: -0.5, ageDays: 28 },
    { itemId: 'unknown', weight: 1, ageDays: 0 },
  ];
  const expected = new Float64Array(300);
  for (const [itemId, historyWeight] of [
    ['g3', 1],
    ['g10', 0.4],
    ['g11', -0.125],
  ] as const)
    for (const [neighbour, weight] of readNeighbours(release, itemId))
      expected[release.itemIndices.get(neighbour)!]! += historyWeight * weight;
  const scores = await release.scorer.score(encodeHistories([[], history], release.itemIndices));
  expect(scores.subarray(0, 300)).toEqual(new Float32Array(300));
  scores.subarray(300).forEach((score, itemIndex) => {
    expect(score).toBeCloseTo(expected[itemIndex]!, 5);
  });
});
