import { expect, test } from 'vitest';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import { withoutSeen } from './read.ts';

test('a ranking model that has seen an erased player is not kept, a later one is', () => {
  const inUse = (snapshot: string | undefined) => ({
    version: 'v1',
    itemIds: [],
    model: new Uint8Array(),
    ranking: { snapshot } as RankingContents,
  });
  const erased = '20260102T000000000Z';
  expect(withoutSeen(inUse('20260101T000000000Z'), erased).ranking).toBeUndefined();
  expect(withoutSeen(inUse(undefined), erased).ranking).toBeUndefined();
  expect(withoutSeen(inUse(erased), erased).ranking).toBeDefined();
  expect(withoutSeen(inUse(undefined), undefined).ranking).toBeDefined();
});
