// Reuses equal item objects of the last gallery in the next, so that unchanged cards need not render.

import type { Gallery } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';

export function reuseItems(last: Gallery | undefined, next: Gallery): Gallery {
  const known = new Map<string, Item>();
  for (const { items } of last?.rows ?? []) for (const { item } of items) if (item) known.set(item.itemId, item);
  const reuse = (item: Item | undefined) => {
    const before = item && known.get(item.itemId);
    return before && JSON.stringify(before) === JSON.stringify(item) ? before : item;
  };
  return {
    ...next,
    rows: next.rows.map((row) => ({ ...row, items: row.items.map((one) => ({ ...one, item: reuse(one.item) })) })),
  };
}
