// Galleries composed before they are requested: by the player's object after an event (nearline), or for many players
// at once (batch). They are served if none can be composed in time.

import { z } from 'zod';
import { GalleryRow } from './gallery.ts';

export const StoredGallery = z.object({
  recommendationId: z.string(),
  generatedAt: z.iso.datetime(),
  release: z.string().nullable(),
  dataUntil: z.iso.datetime().nullable(),
  /** Read with whole items, so that they can be shown while the catalogue cannot be read. */
  rows: z.array(GalleryRow),
});
export type StoredGallery = z.infer<typeof StoredGallery>;

/** Includes the player's state at the time of the batch computation, in case the player's object is unavailable. */
export const BatchGallery = StoredGallery.extend({
  /** Owned or played. */
  ownedOrPlayed: z.array(z.string()),
  dismissed: z.array(z.string()),
  ageLimit: z.number().int().nullable(),
});
export type BatchGallery = z.infer<typeof BatchGallery>;
