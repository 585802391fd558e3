import { expect, it } from 'vitest';
import { createRankingInput } from '../../tests/ranking-input.ts';
import { describePopular } from './describe-popular.ts';
import { composeBaseline } from './policies.ts';
import { composeGallery } from './recommend.ts';
import { take } from './source.ts';
import { retrievePopular } from './sources.ts';

const input = createRankingInput();
const statistics = input.statistics!;

it('claims popularity only where there is evidence, and “now” only for the last four weeks', async () => {
  const titleWith = (changes: Partial<typeof statistics>) =>
    describePopular({ ...input, statistics: { ...statistics, ...changes } }).title;
  expect(titleWith({})).toBe('Popular now');
  expect(titleWith({ popularUntil: '2026-01-04' })).toBe('Popular now');
  expect(titleWith({ popularUntil: '2026-01-03' })).toBe('Popular with players');
  expect(titleWith({ popularUntil: '2015-03-01' })).toBe('Popular with players');
  // One player's like and play, in whatever order of the catalogue.
  expect(titleWith({ popular: [['g0', 1]] })).toBe('From the catalogue');
  expect(titleWith({ popular: [] })).toBe('From the catalogue');

  const nothing = { ...input, statistics: null };
  const [row] = (await composeGallery(nothing, 5)).rows;
  expect(row!.title).toBe('From the catalogue');
  const reasons = [row!.reason, ...row!.items.map(({ reason }) => reason)];
  expect(reasons.filter((reason) => /played|popular with/i.test(reason))).toEqual([]);
  expect(composeBaseline('popularity', nothing, 5)[0]!.title).toBe('From the catalogue');
});

it('calls no game popular that one player was interested in', () => {
  const popular: [string, number][] = [
    ['g0', 100],
    ['g1', 1.2],
    ['g2', 1.1],
  ];
  const reasons = take(retrievePopular({ ...input, statistics: { ...statistics, popular } }), 3).map(
    ({ index, reason }) => `${input.catalogue.columns.ids[index]}: ${reason}`,
  );
  expect(reasons).toEqual(['g0: Popular with players', 'g1: Popular with players', 'g2: In the store']);
});
