import { expect, it } from 'vitest';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { createRankingInput } from '../../tests/ranking-input.ts';
import { compareColdStart, readColdStartItems } from './cold-start.ts';

it('compares each with the first twenty liked items by the largest weighted similarity', () => {
  const random = createRng('cold-start items');
  const drawLabels = () => Array.from({ length: Math.floor(3 * random()) }, () => `label ${Math.floor(9 * random())}`);
  const items = Array.from({ length: 60 }, (_, n) => {
    if (n % 45 === 5) return makeItem(`g${n}`, { developer: 'only these, without labels' });
    const developer = random() < 0.3 ? null : `studio ${Math.floor(3 * random())}`;
    return makeItem(`g${n}`, { genres: drawLabels(), tags: drawLabels(), developer });
  });
  const history = Array.from({ length: 40 }, (_, n) => ({
    itemId: n % 7 === 0 ? 'gone' : `g${n}`,
    weight: n % 6 === 0 ? -1 : 2 * random(),
    ageDays: n,
    strongestType: 'like',
  }));
  const releaseItems = new Map(items.slice(0, 20).map(({ itemId }, index) => [itemId, index]));
  const input = createRankingInput({ user: { ...EMPTY_USER_STATE, history }, releaseItems }, items);

  const compared = history.filter(({ itemId, weight }) => weight > 0 && itemId !== 'gone').slice(0, 20);
  const expected = items.slice(20).map((item) => {
    const labels = new Set([...item.genres, ...item.tags]);
    const similarities = compared.map(({ itemId, weight }) => {
      const other = input.catalogue.get(itemId)!;
      const others = new Set([...other.genres, ...other.tags]);
      const shared = [...labels].filter((label) => others.has(label)).length;
      const jaccard = shared / Math.max(1, labels.size + others.size - shared);
      const isSameDeveloper = item.developer !== null && item.developer === other.developer;
      return Math.min(1, weight) * (jaccard + (isSameDeveloper ? 0.2 : 0));
    });
    return [item.itemId, Math.max(0, ...similarities)];
  });
  expect(compared).toHaveLength(20);
  const { items: coldStart, similarities } = compareColdStart(input);
  const { ids } = input.catalogue.columns;
  const byId = new Map(coldStart.indexes.map((index, position) => [ids[index], similarities[position]]));
  expect(Object.fromEntries(byId)).toEqual(Object.fromEntries(expected));
});

it('lists them once per release, although answers alternate between two', () => {
  const items = Array.from({ length: 4 }, (_, n) => makeItem(`g${n}`));
  const input = createRankingInput({}, items);
  const read = (releaseItems: ReadonlyMap<string, number> | null) => readColdStartItems({ ...input, releaseItems });
  const idsOf = ({ indexes }: ReturnType<typeof read>) =>
    indexes.map((index) => input.catalogue.columns.ids[index]).sort();
  const one = new Map([['g0', 0]]);
  const other = new Map([['g1', 0]]);
  const lists = [one, other, null].map(read);
  expect(lists.map(idsOf)).toEqual([['g1', 'g2', 'g3'], ['g0', 'g2', 'g3'], []]);
  for (const [at, release] of [one, other, null].entries()) expect(read(release)).toBe(lists[at]);
  input.catalogue.apply({ itemId: 'g1', revision: 9, item: null });
  expect(idsOf(read(one))).toEqual(['g2', 'g3']);
});
