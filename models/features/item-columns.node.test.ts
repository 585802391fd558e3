import { expect, it } from 'vitest';
import { makeItem } from '../../tests/item.ts';
import type { Item } from '../contracts/item.ts';
import { ItemColumns, NO_AGE_RATING, NO_DAY, NO_DEVELOPER, toDay } from './item-columns.ts';
import { ItemScores } from './item-scores.ts';
import { LabelMarks } from './label-marks.ts';
import { createRng } from './rng.ts';

const createColumns = (...items: Parameters<typeof makeItem>[]) => {
  const columns = new ItemColumns();
  for (const item of items) columns.put(makeItem(...item));
  return columns;
};
const readLabels = ({ labels }: ItemColumns, index: number) => {
  const read = (start: number, end: number) =>
    Array.from(labels.cells.subarray(start, end), (label) => labels.table.strings[label]);
  return {
    genres: read(labels.starts[index]!, labels.genreEnds[index]!),
    tags: read(labels.genreEnds[index]!, labels.tagEnds[index]!),
    platforms: read(labels.tagEnds[index]!, labels.platformEnds[index]!),
  };
};

it('keeps an item’s index while it is hidden, and writes a change into its own cells', () => {
  const columns = createColumns(
    ['a', { genres: ['RPG'], developer: 'Harbour', ageRating: 12, price: 5, releaseDate: '1970-01-03' }],
    ['b', { genres: ['War'], tags: ['Naval', 'War'], platforms: ['linux'] }],
  );
  expect([columns.find('a'), columns.find('b'), columns.find('c')]).toEqual([0, 1, -1]);
  expect([columns.ageRatings[0], columns.prices[0], columns.releaseDays[0]]).toEqual([12, 5, 2]);
  expect([columns.ageRatings[1], columns.prices[1], columns.releaseDays[1]]).toEqual([
    NO_AGE_RATING,
    Number.NaN,
    NO_DAY,
  ]);
  expect(columns.developers[1]).toBe(NO_DEVELOPER);

  columns.remove('a');
  columns.remove('a');
  expect([columns.size, columns.find('a'), columns.indexOf('a'), columns.read(0)]).toEqual([1, -1, 0, undefined]);
  columns.put(makeItem('a', { genres: ['RPG', 'Card', 'Card'], tags: ['Calm'], platforms: ['mac', 'linux'] }));
  expect([columns.size, columns.find('a'), [...columns.listVisible()]]).toEqual([2, 0, [0, 1]]);
  expect(readLabels(columns, 0)).toEqual({
    genres: ['RPG', 'Card', 'Card'],
    tags: ['Calm'],
    platforms: ['mac', 'linux'],
  });
  expect(readLabels(columns, 1)).toEqual({ genres: ['War'], tags: ['Naval', 'War'], platforms: ['linux'] });
  // Fewer labels are written over the old ones.
  const { length } = columns.labels.cells;
  for (let n = 0; n < 1_000; n++) columns.put(makeItem('a', { tags: [`tag ${n % 2}`] }));
  expect(readLabels(columns, 0)).toEqual({ genres: [], tags: ['tag 1'], platforms: [] });
  expect(columns.labels.cells).toHaveLength(length);
  expect(columns.size).toBe(2);
});

it('reads every item as it was put last, whatever it was before', () => {
  const random = createRng('items');
  const draw = <T>(...from: T[]): T => from[Math.floor(from.length * random())]!;
  const drawLabels = () => Array.from({ length: Math.floor(4 * random()) }, () => draw('RPG', 'Rpg', 'Jeu 🎮', 'é'));
  const columns = new ItemColumns();
  const stored = new Map<string, Item>();
  for (let step = 0; step < 2_000; step++) {
    const itemId = `g${Math.floor(80 * random())}`;
    const item: Item = {
      itemId,
      title: draw('Tide', '\ufeffA mark', 'Märchen 🎮 II', 'x'.repeat(300)),
      genres: drawLabels(),
      tags: drawLabels(),
      developer: draw(null, 'Harbour', 'Ō'),
      releaseDate: draw(null, '1969-12-31', '2026-02-28', '0001-01-01'),
      price: draw(null, 0, 19.99),
      currency: draw(null, 'EUR', 'USD'),
      ageRating: draw(null, 0, 18),
      platforms: drawLabels(),
      coverUrl: draw(null, '/a.png', `https://example.com/${'ü'.repeat(90)}`),
      hidden: false,
    };
    columns.put(item);
    stored.set(itemId, item);
    if (random() > 0.2) continue;
    columns.remove(itemId);
    stored.delete(itemId);
  }
  for (let index = 0; index < columns.length; index++)
    expect(columns.read(index)).toEqual(stored.get(columns.ids[index]!));
  expect(columns.size).toBe(stored.size);
});

it('keeps its size while labels come and go', () => {
  const columns = new ItemColumns();
  const put = (count: number) => {
    for (let n = 0; n < 100; n++)
      columns.put(makeItem(`g${n}`, { tags: Array.from({ length: count }, (_, at) => `tag ${at}`) }));
  };
  for (let count = 0; count <= 40; count++) put(count);
  const { length } = columns.labels.cells;
  // At most four times an item's most labels, each of which has two cells; and the array at most doubles.
  expect(length).toBeLessThanOrEqual(100 * 4 * 80 * 2);
  for (let round = 0; round < 100; round++) put(round % 2 === 0 ? 40 : round % 41);
  expect(columns.labels.cells).toHaveLength(length);
  put(3);
  expect(readLabels(columns, 99).tags).toEqual(['tag 0', 'tag 1', 'tag 2']);
});

it('grows, and finds labels in any case', () => {
  const columns = createColumns(
    ...Array.from({ length: 100 }, (_, n): [string, object] => [
      `g${n}`,
      { genres: [n % 2 ? 'Rpg' : 'RPG'], price: n },
    ]),
  );
  const { labels } = columns;
  expect([columns.prices[99], columns.find('g99'), labels.table.length]).toEqual([99, 99, 2]);
  for (const index of [0, 1, 99])
    expect(labels.findGenre(index, labels.table.findFolds(['rpg']))).toBeGreaterThanOrEqual(0);
  expect(labels.findTag(0, labels.table.findFolds(['rpg']))).toBe(-1);
  expect(labels.findGenre(0, labels.table.findFolds(['strategy']))).toBe(-1);
});

it('compares items by their different genres and tags', () => {
  const { labels } = createColumns(
    ['a', { genres: ['War', 'War'], tags: ['Naval', 'Slow'] }],
    ['b', { genres: ['War'], tags: ['Naval', 'Fast', 'War'], platforms: ['linux'] }],
    ['c', { platforms: ['linux'] }],
  );
  const similarityTo = (index: number) => [0, 1, 2].map((other) => new LabelMarks(labels, index).computeJaccard(other));
  expect(similarityTo(0)).toEqual([1, 2 / 4, 0]);
  expect(similarityTo(1)).toEqual([2 / 4, 1, 0]);
  expect(similarityTo(2)).toEqual([0, 0, 0]);
});

it('reads days from dates', () => {
  expect([toDay('1970-01-01'), toDay('2026-03-01'), toDay('1969-12-31')]).toEqual([0, 20_513, -1]);
  expect([toDay(null), toDay('never')]).toEqual([NO_DAY, NO_DAY]);
});

it('takes an item into the lists that name it as soon as the catalogue has it', () => {
  const columns = createColumns(['a', {}]);
  const popular = new ItemScores(columns, [
    ['late', 8],
    ['a', 4],
  ]);
  expect([...popular.indexes]).toEqual([-1, 0]);
  expect([...popular.column]).toEqual([0.5]);
  columns.put(makeItem('other'));
  columns.put(makeItem('late'));
  popular.follow();
  expect([...popular.indexes]).toEqual([2, 0]);
  expect([...popular.column.subarray(0, 3)]).toEqual([0.5, 0, 1]);
  expect([popular.shares.get(2), popular.shares.get(0), popular.shares.get(1)]).toEqual([1, 0.5, undefined]);
});
