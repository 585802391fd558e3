// A game for tests: everything is empty but what the test names.

import type { Item } from '../models/contracts/item.ts';

export const makeItem = (itemId: string, fields: Partial<Item> = {}): Item => ({
  itemId,
  title: itemId,
  genres: [],
  tags: [],
  developer: null,
  releaseDate: null,
  price: null,
  currency: null,
  ageRating: null,
  platforms: [],
  coverUrl: null,
  hidden: false,
  ...fields,
});
