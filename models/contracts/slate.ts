// What an answer showed and why it could: the training material of the ranking model. Logged when the answer is made, so
// that training computes no feature a second time; what the player did with it joins by `recommendationId`.

import { z } from 'zod';

/** One item that was shown. */
export const SlateEntry = z.object({
  itemId: z.string(),
  /** The row's id, its place on the page and the item's place in the row, from 0. */
  rowId: z.string(),
  row: z.number().int(),
  column: z.number().int(),
  /**
   * The chance that this item came to stand at this place, given everything but the dice of its own row; 1 where none were
   * thrown. That an item stands in a later row because the first did not draw it is not followed.
   */
  propensity: z.number(),
  /** True where the item got its place by chance: a game to be found out about, or a shuffled row. */
  exploration: z.boolean(),
});
export type SlateEntry = z.infer<typeof SlateEntry>;

/** Of more, the first are logged: a queue's message holds no more than 128 KB. */
export const SLATE_ENTRIES_MAX = 200;

/** One answer: what of it was ranked, row by row. */
export const Slate = z.object({
  recommendationId: z.string(),
  userId: z.string(),
  /** Epoch milliseconds. */
  shownAt: z.number().int(),
  tier: z.string(),
  release: z.string().nullable(),
  country: z.string().nullable(),
  platform: z.string().nullable(),
  /** Of the feature list that `features` follows. */
  featuresHash: z.string(),
  entries: z.array(SlateEntry),
  /** Base64 of float32, little-endian: [entries, features]. */
  features: z.string(),
});
export type Slate = z.infer<typeof Slate>;
