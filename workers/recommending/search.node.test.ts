import { expect, it } from 'vitest';
import { ItemColumns } from '../../models/features/item-columns.ts';
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
