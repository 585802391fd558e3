// Galleries that were made before they are asked for: by the player's object after an event (nearline), or for many
// players at once (batch). They stand in where none can be made in time.

import { z } from 'zod';
import { GalleryRow } from './gallery.ts';

export const StoredGallery = z.object({
  recommendationId: z.string(),
  generatedAt: z.iso.datetime(),
  release: z.string().nullable(),
  dataUntil: z.iso.datetime().nullable(),
  /** With the whole item beside each id: they can be shown where the catalogue cannot be read. */
  rows: z.array(GalleryRow),
});
export type StoredGallery = z.infer<typeof StoredGallery>;

/** What the batch computation knew of the player, for the time when nobody else can say it. */
export const BatchGallery = StoredGallery.extend({
  /** Owned or played. */
  ownedOrPlayed: z.array(z.string()),
  dismissed: z.array(z.string()),
  ageLimit: z.number().int().nullable(),
});
export type BatchGallery = z.infer<typeof BatchGallery>;
