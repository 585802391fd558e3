import { expect, it } from 'vitest';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { createRankingInput } from '../../tests/ranking-input.ts';
import { computeHistorySimilarities } from './history-similarity.ts';

it('is the largest weighted similarity to the first twenty liked items', () => {
  const random = createRng('history similarity');
  const drawLabels = () => Array.from({ length: Math.floor(5 * random()) }, () => `label ${Math.floor(9 * random())}`);
  const items = Array.from({ length: 60 }, (_, n) =>
    makeItem(`g${n}`, {
      genres: drawLabels(),
      tags: drawLabels(),
      developer: random() < 0.3 ? null : `studio ${Math.floor(6 * random())}`,
    }),
  );
  const history = Array.from({ length: 40 }, (_, n) => ({
    itemId: n % 7 === 0 ? 'gone' : `g${n}`,
    weight: 2 * random() - 0.5,
    ageDays: n,
    strongestType: 'like',
  }));
  const input = createRankingInput({ user: { ...EMPTY_USER_STATE, history } }, items);

  const compared = history.filter(({ itemId, weight }) => weight > 0 && itemId !== 'gone').slice(0, 20);
  const expected = items.map((item) => {
    const labels = new Set([...item.genres, ...item.tags]);
    const similarities = compared.map(({ itemId, weight }) => {
      const other = input.catalogue.get(itemId)!;
      const others = new Set([...other.genres, ...other.tags]);
      const shared = [...labels].filter((label) => others.has(label)).length;
      const jaccard = shared / Math.max(1, labels.size + others.size - shared);
      const isSameDeveloper = item.developer !== null && item.developer === other.developer;
      return Math.min(1, weight) * (jaccard + (isSameDeveloper ? 0.2 : 0));
    });
    return Math.max(0, ...similarities);
  });
  expect(compared).toHaveLength(20);
  expect([...computeHistorySimilarities([...items.keys()], input)]).toEqual(expected);
});
