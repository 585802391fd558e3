// Adds whole items to an answer if the request asks for them.

import type { RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** A stored gallery contains its items: they are dropped, or used if the catalogue lacks them. */
export const expandItems = (
  items: readonly RecommendedItem[],
  catalogue: Pick<Catalogue, 'get'>,
  expand: 'item' | undefined,
): RecommendedItem[] =>
  items.map(({ item, ...one }) => (expand === undefined ? one : { ...one, item: catalogue.get(one.itemId) ?? item }));
