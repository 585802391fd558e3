// Adds the whole items to an answer, if asked for.

import type { RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** A stored gallery brings its items along: they are dropped, or used where the catalogue lacks them. */
export const expandItems = (
  items: readonly RecommendedItem[],
  catalogue: Pick<Catalogue, 'get'>,
  expand: 'item' | undefined,
): RecommendedItem[] =>
  items.map(({ item, ...one }) => (expand === undefined ? one : { ...one, item: catalogue.get(one.itemId) ?? item }));
