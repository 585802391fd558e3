import { expect, it } from 'vitest';
import { ItemColumns, toDay } from '../../models/features/item-columns.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { ReleaseOrder, type ReleaseSpan } from './release-order.ts';

it('is the order of a sort after any changes', () => {
  const random = createRng('release order');
  const columns = new ItemColumns();
  const order = new ReleaseOrder(columns);
  const today = toDay('2026-01-15');
  const drawDate = () => (random() < 0.1 ? null : `2026-01-${10 + Math.floor(10 * random())}`);
  const list = ({ indexes, start, end }: ReleaseSpan) => [...indexes.subarray(start, end)];
  for (let change = 0; change < 300; change++) {
    const itemId = `g${Math.floor(60 * random())}`;
    if (random() < 0.3) columns.remove(itemId);
    else columns.put(makeItem(itemId, { releaseDate: drawDate() }));
    // Several changes at once, too.
    if (random() < 0.5) continue;
    const visible = [...columns.listVisible()];
    const dayOf = (index: number) => columns.releaseDays[index]!;
    const isDated = (index: number) => columns.readReleaseDate(index) !== null;
    const released = visible.filter((index) => isDated(index) && dayOf(index) <= today);
    const compareIds = (a: number, b: number) => (columns.ids[a]! > columns.ids[b]! ? -1 : 1);
    expect(list(order.readReleased(today))).toEqual(released.sort((a, b) => dayOf(b) - dayOf(a) || compareIds(a, b)));
    expect(list(order.readUndated())).toEqual(visible.filter((index) => !isDated(index)).sort(compareIds));
  }
});
