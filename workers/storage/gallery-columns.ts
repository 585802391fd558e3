// The form of batch galleries in D1: the items of a row as columns, and each reason once. It takes less than half the
// bytes of a row of objects; the Worker, the database's client and SQLite each write and read it once.

import { z } from 'zod';
import { GalleryRow } from '../../models/contracts/gallery.ts';
import { BatchGallery } from '../../models/contracts/stored-gallery.ts';

export const GalleryColumns = BatchGallery.omit({ rows: true }).extend({
  reasons: z.array(z.string()),
  rows: z.array(
    GalleryRow.omit({ items: true }).extend({
      itemIds: z.array(z.string()),
      scores: z.array(z.number()),
      /** Positions in the gallery's reasons. */
      reasons: z.array(z.number().int()),
    }),
  ),
});
export type GalleryColumns = z.infer<typeof GalleryColumns>;

/** Leaves out whole items. */
export function toGalleryColumns({ rows, ...gallery }: BatchGallery): GalleryColumns {
  const positions = new Map<string, number>();
  const findPosition = (reason: string): number => {
    const position = positions.get(reason) ?? positions.size;
    positions.set(reason, position);
    return position;
  };
  const columns = rows.map(({ items, ...row }) => ({
    ...row,
    itemIds: items.map(({ itemId }) => itemId),
    scores: items.map(({ score }) => score),
    reasons: items.map(({ reason }) => findPosition(reason)),
  }));
  return { ...gallery, reasons: [...positions.keys()], rows: columns };
}

/** Throws if the columns do not fit together. */
export const readGalleryColumns = ({ reasons, rows, ...gallery }: GalleryColumns): BatchGallery =>
  BatchGallery.parse({
    ...gallery,
    rows: rows.map(({ itemIds, scores, reasons: positions, ...row }) => ({
      ...row,
      items: itemIds.map((itemId, at) => ({ itemId, score: scores[at], reason: reasons[positions[at]!] })),
    })),
  });
