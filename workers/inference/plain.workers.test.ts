import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { encodeHistories } from '../../models/features/history.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import type { ReleaseContents, ReleaseFacts } from '../../models/release/seal-release.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { loadNamed } from '../../tests/load-release.ts';
import { readNeighbours } from './neighbours.ts';

const itemIds = Array.from({ length: 300 }, (_, index) => `g${index}`);

it('sums the neighbours of a history, with the model’s decay if it has one, and adds popularity', async () => {
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new Error('no memory left'));
  const history = [
    { itemId: 'g3', weight: 1, ageDays: 0 },
    { itemId: 'unknown', weight: 1, ageDays: 0 },
    { itemId: 'g10', weight: 0.8, ageDays: 14 },
    { itemId: 'g11', weight: -0.5, ageDays: 28 },
  ];
  const decays: [version: string, parameters: ReleaseFacts['parameters'], votes: number[]][] = [
    ['blend', { of: 'transitions+sasrec' }, [1, 0.8 * 0.8, -0.5 * 0.8 ** 2]],
    ['votes', { positionDecay: 0.5, halfLifeDays: 14 }, [1, 0.8 / 4, -0.5 / 16]],
    ['without-age', { positionDecay: 0.5, halfLifeDays: 0 }, [1, 0.8 / 2, -0.5 / 4]],
  ];
  for (const [version, parameters, votes] of decays) {
    const alter = (_: unknown, facts: ReleaseFacts) => Object.assign(facts, { parameters });
    await publishFake(env.BUCKET, version, { itemIds, shift: 0, alter });
    const release = (await loadNamed(env, undefined, 0))!;
    expect([release.manifest.version, release.scorer.engine, release.scorer.memory]).toEqual([version, 'plain', null]);
    const expected = new Float64Array(300);
    ['g3', 'g10', 'g11'].forEach((itemId, position) => {
      const { positions, weights } = readNeighbours(release, itemId);
      for (const [at, itemIndex] of positions.entries()) expected[itemIndex]! += votes[position]! * weights[at]!;
    });
    const largest = Math.max(...expected);
    const scores = await release.scorer.score(encodeHistories([[], history], release.itemIndices));
    scores.forEach((score, cell) => {
      const [row, itemIndex] = [Math.floor(cell / 300), cell % 300];
      const popularity = 0.01 / Math.sqrt(itemIndex + 1);
      const sum = row === 0 ? popularity : expected[itemIndex]! + largest * popularity;
      expect(score, `${version}, cell ${cell}`).toBeCloseTo(sum, 5);
    });
  }
});

it('runs the ranking model, within 1e-4 of the trainer; leaves out one with another network', async () => {
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new Error('no memory left'));
  const { TRAINER } = env as unknown as { TRAINER: Fetcher };
  const drawn = await (await TRAINER.fetch('http://trainer/ranker')).json<RankingContents & { model: number[] }>();
  const publish = async (version: string, model: Uint8Array) => {
    const alter = (contents: ReleaseContents) => Object.assign(contents, { ranking: { ...drawn, model } });
    await publishFake(env.BUCKET, version, { itemIds, shift: 0, alter });
    const { scorer, ranking } = (await loadNamed(env, undefined, 0))!;
    expect(scorer.engine).toBe('plain');
    return ranking;
  };
  const file = Uint8Array.from(drawn.model);
  const { ranker, failure } = await publish('ranked', file);
  expect(failure).toBeUndefined();
  const { features, expected } = drawn.selfTest;
  const probabilities = await ranker!.predict(Float32Array.from(features), features.length / FEATURES.length);
  expect(probabilities).toHaveLength(expected.length);
  expect(Math.max(...expected.map((value, at) => Math.abs(value - probabilities[at]!)))).toBeLessThan(1e-4);

  const renamed = Array.from(file, (byte) => String.fromCharCode(byte))
    .join('')
    .replaceAll('secondBias', 'anotherOne');
  const other = Uint8Array.from(renamed, (letter) => letter.charCodeAt(0));
  expect(await publish('renamed', other)).toEqual({
    ranker: null,
    failure: 'the ranking model has no constant “secondBias”',
  });
});
