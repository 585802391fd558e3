// The receipt of an erasure: of each store, whether a player's data has left it. It does not name the player.

import { z } from 'zod';

const StoreReceipt = z.object({
  store: z.string().meta({ example: 'log' }),
  state: z.enum(['waiting', 'done']),
  rows: z
    .number()
    .int()
    .nullable()
    .meta({ description: 'Rows of the player that the store held; null until it was read.' }),
  at: z.iso.datetime().nullable().meta({ description: 'When the store was read again and held none.' }),
});
export type StoreReceipt = z.infer<typeof StoreReceipt>;

export const ErasureReceipt = z
  .object({
    erasureId: z.uuid(),
    state: z.enum(['running', 'done']),
    requestedAt: z.iso
      .datetime()
      .meta({ description: 'Events of the player until then are erased; later events are kept.' }),
    finishedAt: z.iso.datetime().nullable(),
    stores: z.array(StoreReceipt),
    release: z
      .string()
      .nullable()
      .meta({
        description:
          'The first release whose models were trained without the player; null until there is one. Releases from ' +
          'before stay in use until then.',
      }),
  })
  .meta({ id: 'ErasureReceipt' });
export type ErasureReceipt = z.infer<typeof ErasureReceipt>;
