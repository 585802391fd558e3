// What a player's client is told as it happens, over a WebSocket or as server-sent events.

import { z } from 'zod';

/** The newest that are kept for a client that was away. */
export const NOTICES_KEPT = 20;
const ITEMS_NAMED_MAX = 50;
/** As many events as one request may hold. */
export const NOTICE_CAUSES_MAX = 100;

export const Notice = z
  .object({
    id: z.number().int().meta({ description: 'Grows by one, player by player: send the last one back as `after`.' }),
    type: z.literal('gallery.ready'),
    recommendationId: z.string(),
    generatedAt: z.iso.datetime(),
    causes: z.array(z.string()).meta({
      description:
        'Ids of the events, and change ids of the preferences, since the last notice: a client recognises its own. Empty ' +
        `where they are not known, or more than ${NOTICE_CAUSES_MAX}.`,
    }),
    changed: z.object({
      rowsAdded: z.array(z.string()).meta({ description: 'Ids of rows that were not there before.' }),
      rowsRemoved: z.array(z.string()),
      itemsAdded: z.array(z.string()).meta({ description: `At most ${ITEMS_NAMED_MAX}.` }),
    }),
  })
  .meta({ id: 'Notice' });
export type Notice = z.infer<typeof Notice>;

interface Rows {
  rows: readonly { id: string; items: readonly { itemId: string }[] }[];
}

/** What is in a gallery that was not in the one before. */
export function describeChange(before: Rows | null, after: Rows): Notice['changed'] {
  const rowsOf = (gallery: Rows | null) => gallery?.rows.map(({ id }) => id) ?? [];
  const itemsOf = (gallery: Rows | null) =>
    gallery?.rows.flatMap(({ items }) => items.map(({ itemId }) => itemId)) ?? [];
  const without = (some: readonly string[], others: readonly string[]) => {
    const known = new Set(others);
    return some.filter((one) => !known.has(one));
  };
  return {
    rowsAdded: without(rowsOf(after), rowsOf(before)),
    rowsRemoved: without(rowsOf(before), rowsOf(after)),
    itemsAdded: without(itemsOf(after), itemsOf(before)).slice(0, ITEMS_NAMED_MAX),
  };
}
