// Similarity of items by their catalogue data.

import type { Item } from '../contracts/item.ts';

/** Jaccard index of two sets, 0–1; 0 if both are empty. */
export function computeJaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const value of b) if (a.has(value)) shared++;
  const union = a.size + b.size - shared;
  return union > 0 ? shared / union : 0;
}

/** Cached by object: an item stays the same object while an isolate caches its revision of the catalogue. */
const labels = new WeakMap<Item, ReadonlySet<string>>();

/** Genres and tags. */
export function getLabels(item: Item): ReadonlySet<string> {
  const known = labels.get(item);
  if (known !== undefined) return known;
  const own = new Set([...item.genres, ...item.tags]);
  labels.set(item, own);
  return own;
}
