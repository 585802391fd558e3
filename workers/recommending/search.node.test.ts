import { expect, it } from 'vitest';
import type { Item } from '../../models/contracts/item.ts';
import { decodeColumns } from '../../models/features/decode-columns.ts';
import { encodeColumns } from '../../models/features/encode-columns.ts';
import { ItemColumns } from '../../models/features/item-columns.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { searchByTrigrams } from './search.ts';

it('finds an item by its words as they are now, and no longer once it is hidden', () => {
  const columns = new ItemColumns();
  const find = (query: string) =>
    searchByTrigrams(columns, new Float64Array(columns.length), query).map(({ index }) => columns.ids[index]);
  for (const [itemId, title] of [
    ['a', 'Iron Tide'],
    ['b', 'Iron Harvest'],
    ['c', 'Árbol'],
  ] as const)
    columns.put(makeItem(itemId, { title }));
  expect(find('tides')).toEqual(['a']);
  expect(find('arbol')).toEqual(['c']);
  columns.put(makeItem('a', { title: 'Silver Coast', tags: ['Iron'] }));
  columns.put(makeItem('d', { title: 'Iron Tide 2' }));
  expect(find('tides')).toEqual(['d']);
  expect(find('iron')).toEqual(['a', 'b', 'd']);
  columns.remove('b');
  expect(find('iron')).toEqual(['a', 'd']);
  columns.put(makeItem('b', { title: 'Iron Harvest' }));
  expect(find('iron')).toEqual(['a', 'b', 'd']);
  // A word that stays is indexed once.
  columns.put(makeItem('b', { title: 'Iron Winter' }));
  expect(find('iron')).toEqual(['a', 'b', 'd']);
  columns.remove('b');
  expect(find('iron')).toEqual(['a', 'd']);
});

/** The different trigrams of each word, straight from the definition. */
const listTrigrams = (text: string): Set<string> =>
  new Set(
    (
      text
        .toLowerCase()
        .normalize('NFD')
        .replaceAll(/\p{M}/gu, '')
        .match(/[\p{L}\p{N}]+/gu) ?? []
    ).flatMap((word) => Array.from({ length: word.length }, (_, at) => ` ${word} `.slice(at, at + 3))),
  );

it('counts shared trigrams, whatever has changed and however long the query is', () => {
  const random = createRng('search');
  const draw = (count: number) => Math.floor(count * random());
  const drawWord = () => Array.from({ length: 1 + draw(6) }, () => 'abéo1🎮'[draw(7)] ?? 'ß').join('');
  const drawWords = (most: number) => Array.from({ length: draw(most + 1) }, drawWord).join(draw(2) ? ' ' : '-');
  let columns = new ItemColumns();
  const stored = new Map<string, Item>();
  let found = 0;
  for (let step = 0; step < 600; step++) {
    const item = makeItem(`g${draw(60)}`, {
      title: drawWords(step % 9 === 0 ? 40 : 4),
      developer: draw(2) ? null : drawWords(2),
      genres: [drawWord()],
      tags: [drawWord(), drawWord()],
      platforms: [drawWord()],
    });
    columns.put(item);
    stored.set(item.itemId, item);
    if (draw(4) === 0) {
      columns.remove(item.itemId);
      stored.delete(item.itemId);
    }
    // Some words are in a file that was taken over, others have come since.
    if (step % 40 === 25) {
      const taken = decodeColumns(encodeColumns(columns, Int32Array.from(columns.listVisible())));
      if (taken.ok) columns = new ItemColumns(taken.value);
    }
    const query = step % 9 === 0 ? `${item.title} ${drawWords(20)}` : drawWords(3);
    const asked = listTrigrams(query);
    const expected = [...stored.values()].flatMap(({ itemId, title, developer, genres, tags }): [string, number][] => {
      const own = listTrigrams([title, developer ?? '', ...genres, ...tags].join(' '));
      const share = [...asked].filter((trigram) => own.has(trigram)).length / asked.size;
      return share >= 0.5 ? [[itemId, share]] : [];
    });
    found += expected.length;
    const results = searchByTrigrams(columns, new Float64Array(columns.length), query);
    expect(results.map(({ index, score }) => [columns.ids[index], score])).toEqual(
      expected.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)),
    );
  }
  expect(found).toBeGreaterThan(500);
});
