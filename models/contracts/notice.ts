// Notices: what a player's stream sends, over a WebSocket or as server-sent events.

import { z } from 'zod';

/** The newest notices, kept for a client that was disconnected. */
export const NOTICES_KEPT = 20;
const ITEMS_NAMED_MAX = 50;
/** The number of events that one request may hold. */
export const NOTICE_CAUSES_MAX = 100;

export const Notice = z
  .object({
    id: z.number().int().meta({ description: 'Grows by one for each player: send the last one as `after`.' }),
    type: z.literal('gallery.ready'),
    recommendationId: z.string(),
    generatedAt: z.iso.datetime(),
    causes: z.array(z.string()).meta({
      description:
        'Ids of the events and of the changes of preferences since the last notice, by which a client recognises ' +
        `its own. Empty if unknown, or more than ${NOTICE_CAUSES_MAX}.`,
    }),
    changed: z.object({
      rowsAdded: z.array(z.string()).meta({ description: 'Ids of new rows.' }),
      rowsRemoved: z.array(z.string()),
      itemsAdded: z.array(z.string()).meta({ description: `At most ${ITEMS_NAMED_MAX}.` }),
    }),
  })
  .meta({ id: 'Notice' });
export type Notice = z.infer<typeof Notice>;

interface Rows {
  rows: readonly { id: string; items: readonly { itemId: string }[] }[];
}

/** The difference between a gallery and the previous one; null if there is none. */
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
