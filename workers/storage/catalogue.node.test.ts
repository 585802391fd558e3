import { expect, it } from 'vitest';
import { ItemColumns } from '../../models/features/item-columns.ts';
import { makeItem } from '../../tests/item.ts';
import { Catalogue } from './catalogue.ts';

it('ignores changes that the columns already have, and takes those of another catalogue that are newer', () => {
  const columns = new ItemColumns();
  for (const itemId of ['a', 'b', 'c']) columns.put(makeItem(itemId, { title: 'In the base' }));
  const catalogue = new Catalogue(columns, 10);
  catalogue.apply({ itemId: 'a', revision: 9, item: makeItem('a', { title: 'Old' }) });
  catalogue.apply({ itemId: 'b', revision: 9, item: null });
  catalogue.apply({ itemId: 'gone', revision: 9, item: makeItem('gone') });
  expect([catalogue.get('a')?.title, catalogue.size]).toEqual(['In the base', 3]);

  const before = new Catalogue();
  for (const itemId of ['a', 'b', 'c', 'd', 'gone']) before.apply({ itemId, revision: 8, item: makeItem(itemId) });
  before.apply({ itemId: 'b', revision: 12, item: null });
  before.apply({ itemId: 'd', revision: 11, item: makeItem('d', { title: 'Newer' }) });
  catalogue.applyThoseOf(before);
  const titles = ['a', 'b', 'c', 'd', 'gone'].map((itemId) => catalogue.get(itemId)?.title);
  expect(titles).toEqual(['In the base', undefined, 'In the base', 'Newer', undefined]);
  // They count as applied.
  catalogue.apply({ itemId: 'd', revision: 10, item: null });
  expect(catalogue.get('d')?.title).toBe('Newer');
});
